using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Channels;

/// <summary>A message that a sender took: nobody else takes it until the lease is over.</summary>
/// <param name="Take">The how manyth taking it is: an earlier one decides nothing any more.</param>
public sealed record TakenMessage(TenantId Tenant, Guid Id, Guid Channel, string Recipient, MessageKind Kind, IReadOnlyList<Guid> AlertIds, int Told, int More, int Tries, int Take, DateTimeOffset CreatedAt)
{
    /// <summary>The same for each try to tell the same alerts, and another one once alerts have joined: a receiver that knows it has nothing new.</summary>
    public string IdempotencyKey => $"{Id:N}-{AlertIds.Count}-{More}";

    /// <summary>Alerts that it tells of.</summary>
    public IEnumerable<Guid> Untold => AlertIds.Skip(Told);
}

/// <summary>What a sender needs beside the message.</summary>
/// <param name="Row">The channel.</param>
/// <param name="Alerts">Those that are still there, in the order in which they were raised; of a reminder those that are open.</param>
public sealed record MessageContent(RecordedChannel Row, Channel Channel, IReadOnlyList<AlertEntry> Alerts);

/// <summary>Which messages to list.</summary>
/// <param name="Channel">Null: of all channels.</param>
/// <param name="Skip">Of the latest first.</param>
/// <param name="Limit">At most <see cref="MessageOutbox.MaxListed"/>.</param>
public sealed record MessagesQuestion(MessageState State, Guid? Channel, int Skip, int Limit);

/// <summary>
/// The sender's side of the messages to channels, and what people see of it. Times of leases are the database's, so that replicas with different clocks agree about them.
/// </summary>
public sealed class MessageOutbox(FinOpsDatabase database)
{
    /// <summary>Messages or tries of one answer. Default 200.</summary>
    public const int MaxListed = 200;

    /// <summary>One message that is due, the longest first. Two senders never get the same one within the lease. Null: there is none.</summary>
    /// <param name="busyChannels">To which this process is sending: one at a time, so that a receiver that hangs holds one place.</param>
    /// <param name="busyTenants">Whose share of this process is used up.</param>
    public async Task<TakenMessage?> TakeAsync(TimeSpan lease, IReadOnlyCollection<Guid> busyChannels, IReadOnlyCollection<Guid> busyTenants, CancellationToken cancellationToken)
    {
        var (channels, tenants) = (busyChannels.ToArray(), busyTenants.ToArray());
        var rows = await database.RunAsync(StoreScope.Channels, context => context.Set<ChannelMessage>().FromSql($"""
            UPDATE finops.channel_messages SET due_at = now() + {lease}, tries = tries + 1, takes = takes + 1
            WHERE (tenant_id, id) IN (
                SELECT tenant_id, id FROM finops.channel_messages
                WHERE state = 'Waiting' AND due_at <= now() AND channel_id <> ALL ({channels}) AND tenant_id <> ALL ({tenants})
                ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING *
            """).IgnoreQueryFilters().AsNoTracking().ToListAsync(cancellationToken), cancellationToken);
        return rows is [var row]
            ? new TakenMessage(new TenantId(row.TenantId), row.Id, row.ChannelId, row.Recipient, row.Kind, row.AlertIds, row.Told, row.More, row.Tries, row.Takes, row.CreatedAt)
            : null;
    }

    /// <summary>Null: the channel is gone.</summary>
    public Task<MessageContent?> ReadAsync(TakenMessage message, CancellationToken cancellationToken) => database.RunAsync(message.Tenant, async context =>
    {
        if (await Channels(context, message.Tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == message.Channel, cancellationToken) is not { } row) return null;
        Guid[] ids = [.. message.Untold];
        var found = await context.Set<RecordedAlert>().AsNoTracking().Where(alert => alert.TenantId == message.Tenant.Value && ids.Contains(alert.Id)).ToListAsync(cancellationToken);
        var place = ids.Index().ToDictionary(one => one.Item, one => one.Index);
        var told = found.Where(alert => message.Kind == MessageKind.Raised || alert.State == AlertState.Open).OrderBy(alert => place[alert.Id])
            .Select(alert => new AlertEntry(alert, AlertJson.Read<SpendScope>(alert.Scope), AlertJson.Read<List<AlertFact>>(alert.Facts), []));
        return (MessageContent?)new MessageContent(row, row.ToChannel(), [.. told]);
    }, cancellationToken);

    /// <summary>Notes what became of a try. False when the lease was over and another sender took the message meanwhile; the log has the try in any case.</summary>
    /// <param name="again">After which time it is tried again, of what failed; null gives it up.</param>
    public Task<bool> NoteAsync(TakenMessage message, DeliveryAnswer answer, ChannelAttempt attempt, TimeSpan? again, CancellationToken cancellationToken) => database.RunAsync(message.Tenant, async context =>
    {
        // Two that note of the same channel do so one after the other; whoever raises alerts does not wait for them.
        await context.Database.ExecuteSqlAsync($"SELECT FROM finops.channels WHERE tenant_id = {message.Tenant.Value} AND id = {message.Channel} FOR NO KEY UPDATE", cancellationToken);
        if (!await Channels(context, message.Tenant).AnyAsync(row => row.Id == message.Channel, cancellationToken)) return false;
        context.Add(attempt);
        await context.SaveChangesAsync(cancellationToken);
        if (answer.Outcome == DeliveryOutcome.Sent) return await SentAsync(context, message, cancellationToken);
        var reason = Cut(answer.Answer, ChannelMessage.MaxReasonLength);
        if (again is { } wait) return await FailedAsync(context, message, reason, wait, cancellationToken);
        return await context.Database.ExecuteSqlAsync($"""
            UPDATE finops.channel_messages SET state = 'Dead', ended_at = now(), reason = {reason}
            WHERE tenant_id = {message.Tenant.Value} AND id = {message.Id} AND takes = {message.Take} AND state = 'Waiting'
            """, cancellationToken) == 1;
    }, cancellationToken);

    /// <summary>It waits until then, and no try is counted.</summary>
    public Task<bool> PostponeAsync(TakenMessage message, DateTimeOffset until, CancellationToken cancellationToken) => RunAsync(message.Tenant, $"""
        UPDATE finops.channel_messages SET due_at = {until.ToUniversalTime()}, tries = tries - 1
        WHERE tenant_id = {message.Tenant.Value} AND id = {message.Id} AND takes = {message.Take} AND state = 'Waiting'
        """, cancellationToken);

    /// <summary>There is nothing (left) to tell, or nobody who wants to be told.</summary>
    public Task<bool> DropAsync(TakenMessage message, string reason, CancellationToken cancellationToken) => RunAsync(message.Tenant, $"""
        UPDATE finops.channel_messages SET state = 'Sent', ended_at = now(), told = cardinality(alert_ids), more = 0, reason = {reason}
        WHERE tenant_id = {message.Tenant.Value} AND id = {message.Id} AND takes = {message.Take} AND state = 'Waiting'
        """, cancellationToken);

    /// <summary>The latest first, one more than the limit where there are more.</summary>
    public Task<IReadOnlyList<ChannelMessage>> ListAsync(TenantId tenant, MessagesQuestion question, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<ChannelMessage>>(tenant, async context =>
    {
        var rows = context.Set<ChannelMessage>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.State == question.State);
        if (question.Channel is { } channel) rows = rows.Where(row => row.ChannelId == channel);
        return await rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id).Skip(question.Skip).Take(Math.Clamp(question.Limit, 1, MaxListed) + 1).ToListAsync(cancellationToken);
    }, cancellationToken);

    /// <summary>Tries of one channel, or of all: the latest first, one more than the limit where there are more.</summary>
    public Task<IReadOnlyList<ChannelAttempt>> LogAsync(TenantId tenant, Guid? channel, int skip, int limit, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<ChannelAttempt>>(tenant, async context =>
    {
        var rows = context.Set<ChannelAttempt>().AsNoTracking().Where(row => row.TenantId == tenant.Value);
        if (channel is { } one) rows = rows.Where(row => row.ChannelId == one);
        return await rows.OrderByDescending(row => row.At).ThenByDescending(row => row.Id).Skip(skip).Take(Math.Clamp(limit, 1, MaxListed) + 1).ToListAsync(cancellationToken);
    }, cancellationToken);

    /// <summary>Notes a try that belongs to no message: a test.</summary>
    public Task<int> LogAsync(TenantId tenant, ChannelAttempt attempt, CancellationToken cancellationToken) => database.RunAsync(tenant, context =>
    {
        context.Add(attempt);
        return context.SaveChangesAsync(cancellationToken);
    }, cancellationToken);

    /// <summary>Notes something that must happen once, by the entry's id. False: it was noted before.</summary>
    public async Task<bool> LogOnceAsync(TenantId tenant, ChannelAttempt attempt, CancellationToken cancellationToken) => await database.RunAsync(tenant, context => context.Database.ExecuteSqlAsync($"""
        INSERT INTO finops.channel_attempts (tenant_id, id, channel_id, recipient, at, outcome, status, answer, milliseconds, alerts)
        VALUES ({tenant.Value}, {attempt.Id}, {attempt.ChannelId}, {attempt.Recipient}, {attempt.At}, {attempt.Outcome.ToString()}, {attempt.Status}, {attempt.Answer}, {attempt.Milliseconds}, {attempt.Alerts})
        ON CONFLICT (tenant_id, id) DO NOTHING
        """, cancellationToken), cancellationToken) == 1;

    /// <summary>All its tries begin anew, the first at once, in a message that nothing joins. False when it is not given up (any more).</summary>
    public Task<bool> ResendAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, AuditActs.MessageResent, actor, $"""
        UPDATE finops.channel_messages SET state = 'Waiting', due_at = now(), tries = 0, ended_at = NULL, group_key = 'resent/' || id::text
        WHERE tenant_id = {tenant.Value} AND id = {id} AND state = 'Dead'
        """, cancellationToken);

    /// <summary>Forgets a message that was given up. False when it is not given up (any more).</summary>
    public Task<bool> ForgetAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) =>
        ActAsync(tenant, id, AuditActs.MessageForgotten, actor, $"DELETE FROM finops.channel_messages WHERE tenant_id = {tenant.Value} AND id = {id} AND state = 'Dead'", cancellationToken);

    /// <summary>What joined while the sender was under way is told next, at once.</summary>
    private static async Task<bool> SentAsync(FinOpsDbContext context, TakenMessage message, CancellationToken cancellationToken) => await context.Database.ExecuteSqlAsync($"""
        UPDATE finops.channel_messages SET
          state = CASE WHEN cardinality(alert_ids) > {message.AlertIds.Count} OR more > {message.More} THEN 'Waiting' ELSE 'Sent' END,
          ended_at = CASE WHEN cardinality(alert_ids) > {message.AlertIds.Count} OR more > {message.More} THEN NULL ELSE now() END,
          told = {message.AlertIds.Count}, more = more - {message.More}, due_at = now(), tries = 0, reason = NULL
        WHERE tenant_id = {message.Tenant.Value} AND id = {message.Id} AND takes = {message.Take} AND state = 'Waiting'
        """, cancellationToken) == 1;

    /// <summary>It becomes what all that is raised meanwhile joins, or joins that itself.</summary>
    private static async Task<bool> FailedAsync(FinOpsDbContext context, TakenMessage message, string reason, TimeSpan wait, CancellationToken cancellationToken)
    {
        // In the order in which those who raise alerts write them.
        var rows = await context.Set<ChannelMessage>().FromSql($"""
            SELECT * FROM finops.channel_messages
            WHERE tenant_id = {message.Tenant.Value} AND channel_id = {message.Channel} AND recipient = {message.Recipient} AND state = 'Waiting' AND (id = {message.Id} OR group_key = {PlannedMessage.Backlog})
            ORDER BY group_key COLLATE "C" FOR UPDATE
            """).ToListAsync(cancellationToken);
        if (rows.Find(row => row.Id == message.Id && row.Takes == message.Take) is not { } own) return false;
        var backlog = rows.Find(row => row.Id != message.Id);
        var joins = own.Kind == MessageKind.Raised && !own.GroupKey.StartsWith("resent/", StringComparison.Ordinal);
        if (joins && backlog is not null)
        {
            var room = Math.Max(0, backlog.Told + ChannelMessage.MaxAlerts - backlog.AlertIds.Length);
            var untold = own.AlertIds.Skip(own.Told).ToList();
            backlog.AlertIds = [.. backlog.AlertIds, .. untold.Take(room)];
            backlog.More += own.More + Math.Max(0, untold.Count - room);
            context.Remove(own);
        }
        else
        {
            if (joins) own.GroupKey = PlannedMessage.Backlog;
            own.Reason = reason;
            await context.Database.ExecuteSqlAsync($"UPDATE finops.channel_messages SET due_at = now() + {wait} WHERE tenant_id = {message.Tenant.Value} AND id = {message.Id}", cancellationToken);
        }

        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    /// <summary>With an entry of the audit record, where it changed something.</summary>
    private Task<bool> ActAsync(TenantId tenant, Guid id, string act, Actor actor, FormattableString sql, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var message = await context.Set<ChannelMessage>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == id, cancellationToken);
        if (message is null || await context.Database.ExecuteSqlAsync(sql, cancellationToken) == 0) return false;
        var channel = await Channels(context, tenant).Where(row => row.Id == message.ChannelId).Select(row => row.Name).SingleAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, act, id.ToString(), channel)
        {
            Before = new { message.ChannelId, message.Recipient, Alerts = message.AlertIds.Length + message.More, message.Tries, message.Reason },
        }, cancellationToken);
        return true;
    }, cancellationToken);

    internal static string Cut(string text, int most) => text.Length <= most ? text : text[..most];

    private async Task<bool> RunAsync(TenantId tenant, FormattableString sql, CancellationToken cancellationToken) =>
        await database.RunAsync(tenant, context => context.Database.ExecuteSqlAsync(sql, cancellationToken), cancellationToken) == 1;

    private static IQueryable<RecordedChannel> Channels(FinOpsDbContext context, TenantId tenant) => context.Set<RecordedChannel>().Where(row => row.TenantId == tenant.Value);
}
