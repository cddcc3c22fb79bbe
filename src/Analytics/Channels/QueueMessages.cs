using System.Diagnostics.Metrics;
using System.Globalization;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Channels;

/// <summary>Writes the messages that tell of alerts, within the transaction that raises them: there is no alert without its messages, and no message without its alert.</summary>
internal static class QueueMessages
{
    private static readonly Meter Meter = new("FinOps.Analytics.Channels");
    private static readonly Counter<long> Queued = Meter.CreateCounter<long>("finops.messages.queued", description: "Messages to channels and their recipients that were written, or that an alert joined");

    /// <param name="context">Of the tenant, with its transaction.</param>
    /// <param name="raised">The new ones, with their ids.</param>
    public static async Task QueueAsync(FinOpsDbContext context, Guid tenant, IReadOnlyList<(Guid Id, Alert Alert)> raised, CancellationToken cancellationToken)
    {
        if (raised.Count == 0) return;
        // Locked, so that none is removed before the messages to it are written.
        var rows = await context.Set<RecordedChannel>().FromSql($"SELECT * FROM finops.channels WHERE tenant_id = {tenant} ORDER BY id FOR KEY SHARE").AsNoTracking().ToListAsync(cancellationToken);
        if (rows.Count == 0) return;
        var routes = await context.Set<RecordedRoute>().AsNoTracking().Where(row => row.TenantId == tenant).ToListAsync(cancellationToken);
        var behind = (await context.Set<ChannelMessage>().AsNoTracking()
            .Where(row => row.TenantId == tenant && row.State == MessageState.Waiting && row.GroupKey == PlannedMessage.Backlog).Select(row => new { row.ChannelId, row.Recipient }).ToListAsync(cancellationToken))
            .ToLookup(row => row.ChannelId, row => row.Recipient);
        var planned = PlannedMessage.Of(raised, rows.ConvertAll(row => new ReachedChannel(row.ToChannel(), row.Unsubscribed, [.. behind[row.Id]])), routes.ConvertAll(row => row.ToRoute()));
        if (planned.Count == 0) return;
        await WriteAsync(context, tenant, planned, cancellationToken);
        Queued.Add(planned.Count);
    }

    private static Task<int> WriteAsync(FinOpsDbContext context, Guid tenant, IReadOnlyList<PlannedMessage> planned, CancellationToken cancellationToken)
    {
        Guid[] channels = [.. planned.Select(one => one.Channel)];
        string[] recipients = [.. planned.Select(one => one.Recipient)];
        string[] groups = [.. planned.Select(one => one.Group)];
        DateTime[] due = [.. planned.Select(one => one.DueAt?.UtcDateTime ?? DateTime.UnixEpoch)];
        string[] alerts = [.. planned.Select(one => string.Join(',', one.Alerts.Take(ChannelMessage.MaxAlerts)))];
        int[] more = [.. planned.Select(one => Math.Max(0, one.Alerts.Count - ChannelMessage.MaxAlerts))];
        var (raised, waiting) = (nameof(MessageKind.Raised), nameof(MessageState.Waiting));
        return context.Database.ExecuteSqlAsync($"""
            INSERT INTO finops.channel_messages AS kept (tenant_id, id, channel_id, recipient, kind, group_key, alert_ids, more, told, state, created_at, due_at, tries, takes)
            SELECT {tenant}, gen_random_uuid(), told.channel_id, told.recipient, {raised}, told.group_key, string_to_array(told.alerts, ',')::uuid[], told.more, 0, {waiting}, now(), greatest(told.due_at, now()), 0, 0
            FROM unnest({channels}, {recipients}, {groups}, {due}, {alerts}, {more}) AS told (channel_id, recipient, group_key, due_at, alerts, more)
            ON CONFLICT (tenant_id, channel_id, recipient, group_key) WHERE state = 'Waiting' DO UPDATE SET
              alert_ids = kept.alert_ids || excluded.alert_ids[1:greatest(0, kept.told + {ChannelMessage.MaxAlerts} - cardinality(kept.alert_ids))],
              more = kept.more + excluded.more + greatest(0, cardinality(excluded.alert_ids) - greatest(0, kept.told + {ChannelMessage.MaxAlerts} - cardinality(kept.alert_ids)))
            """, cancellationToken);
    }

    /// <summary>An alert that was put off is told again where it was told, if it is open then; instead of what was put off earlier.</summary>
    public static Task<int> RemindAsync(FinOpsDbContext context, Guid tenant, Guid alert, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var group = string.Create(CultureInfo.InvariantCulture, $"reminder/{alert}");
        var (reminder, raised, waiting) = (nameof(MessageKind.Reminder), nameof(MessageKind.Raised), nameof(MessageState.Waiting));
        return context.Database.ExecuteSqlAsync($"""
            INSERT INTO finops.channel_messages AS kept (tenant_id, id, channel_id, recipient, kind, group_key, alert_ids, more, told, state, created_at, due_at, tries, takes)
            SELECT {tenant}, gen_random_uuid(), place.channel_id, place.recipient, {reminder}, {group}, ARRAY[{alert}]::uuid[], 0, 0, {waiting}, now(), {until.ToUniversalTime()}, 0, 0
            FROM (SELECT DISTINCT channel_id, recipient FROM finops.channel_messages WHERE tenant_id = {tenant} AND kind = {raised} AND {alert} = ANY (alert_ids) ORDER BY channel_id, recipient) AS place
            ON CONFLICT (tenant_id, channel_id, recipient, group_key) WHERE state = 'Waiting' DO UPDATE SET due_at = excluded.due_at, tries = 0, takes = kept.takes + 1
            """, cancellationToken);
    }
}
