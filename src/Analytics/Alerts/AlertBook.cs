using FinOps.Analytics.Audit;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Alerts;

/// <summary>Which alerts to list.</summary>
/// <param name="State">Null: all.</param>
/// <param name="Kind">Null: all.</param>
/// <param name="Skip">Of the latest first.</param>
/// <param name="Limit">At most <see cref="AlertBook.MaxListed"/>.</param>
/// <param name="GroupPrefix">Only of incidents whose key begins so, for example those of one budget; null: all.</param>
public sealed record AlertsQuestion(AlertState? State, AlertKind? Kind, int Skip, int Limit, string? GroupPrefix = null);

/// <summary>One alert with what became of it.</summary>
/// <param name="Row">As stored.</param>
/// <param name="Scope">Whose calls it is about.</param>
/// <param name="Facts">What was seen.</param>
/// <param name="Events">The latest last; empty in lists.</param>
public sealed record AlertEntry(RecordedAlert Row, SpendScope Scope, IReadOnlyList<AlertFact> Facts, IReadOnlyList<AlertEvent> Events)
{
    /// <summary>Null where it was not seen.</summary>
    public AlertFact? Fact(string name) => Facts.FirstOrDefault(fact => fact.Name == name);
}

/// <summary>How many alerts there are, and how many of the judged ones were useful.</summary>
public sealed record AlertCounts(int Open, int Acknowledged, int Resolved, int Useful, int NotUseful)
{
    /// <summary>Of the judged alerts the share that was useful; null while nobody judged any.</summary>
    public decimal? Precision => Useful + NotUseful == 0 ? null : (decimal)Useful / (Useful + NotUseful);
}

/// <summary>A tenant's alerts: listed, acknowledged, resolved, judged. Who did what stays in <see cref="AlertEvent"/>s.</summary>
public sealed class AlertBook(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Alerts of one page. Default 200.</summary>
    public const int MaxListed = 200;

    /// <summary>Things that became of one alert, the latest of them. Default 200.</summary>
    public const int MaxEvents = 200;

    /// <summary>For so long an alert can be put off. Default 30 days: as long as it is known where it was told.</summary>
    public static readonly TimeSpan MaxSnooze = TimeSpan.FromDays(30);

    /// <summary>The latest first, one more than the limit where there are more.</summary>
    /// <param name="reader">Who is limited to teams sees the alerts of budgets of nothing but these teams' calls, as they were when the alert was raised; so of all that is read here.</param>
    public Task<IReadOnlyList<AlertEntry>> ListAsync(ReadScope reader, AlertsQuestion question, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<AlertEntry>>(reader.Tenant, async context =>
    {
        var rows = Rows(context, reader).AsNoTracking();
        if (question.State is { } state) rows = rows.Where(row => row.State == state);
        if (question.Kind is { } kind) rows = rows.Where(row => row.Kind == kind);
        if (question.GroupPrefix is { } prefix) rows = rows.Where(row => EF.Functions.Like(row.GroupKey, prefix + "%"));
        var limit = Math.Clamp(question.Limit, 1, MaxListed);
        var found = await rows.OrderByDescending(row => row.OpenedAt).ThenByDescending(row => row.Key).Skip(question.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return [.. found.Select(row => EntryOf(row, []))];
    }, cancellationToken);

    /// <summary>Null: the tenant has no such alert.</summary>
    public Task<AlertEntry?> FindAsync(ReadScope reader, Guid id, CancellationToken cancellationToken) => database.RunAsync(reader.Tenant, async context =>
        await Rows(context, reader).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is { } found ? await WithEventsAsync(context, found, cancellationToken) : null, cancellationToken);

    public Task<AlertCounts> CountAsync(ReadScope reader, CancellationToken cancellationToken) => database.RunAsync(reader.Tenant, async context =>
    {
        var counts = await Rows(context, reader).GroupBy(row => new { row.State, row.IsUseful }).Select(group => new { group.Key.State, group.Key.IsUseful, Count = group.Count() }).ToListAsync(cancellationToken);
        return new AlertCounts(
            Of(AlertState.Open), Of(AlertState.Acknowledged), Of(AlertState.Resolved),
            counts.Where(count => count.IsUseful == true).Sum(count => count.Count), counts.Where(count => count.IsUseful == false).Sum(count => count.Count));

        int Of(AlertState state) => counts.Where(count => count.State == state).Sum(count => count.Count);
    }, cancellationToken);

    /// <summary>For the badge that every page shows.</summary>
    public Task<int> CountOpenAsync(ReadScope reader, CancellationToken cancellationToken) =>
        database.RunAsync(reader.Tenant, context => Rows(context, reader).CountAsync(row => row.State == AlertState.Open, cancellationToken), cancellationToken);

    /// <summary>Somebody looks after it. Of what is acknowledged or resolved already nothing changes. Null: the tenant has no such alert.</summary>
    public Task<AlertEntry?> AcknowledgeAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, AlertAct.Acknowledged, actor, (row, now, by) =>
    {
        if (row.State != AlertState.Open) return false;
        (row.State, row.AcknowledgedAt, row.AcknowledgedBy) = (AlertState.Acknowledged, now, by);
        (row.SnoozedUntil, row.SnoozedBy) = (null, null);
        return true;
    }, cancellationToken);

    /// <summary>It is over. Again changes nothing. Null: the tenant has no such alert.</summary>
    public Task<AlertEntry?> ResolveAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, AlertAct.Resolved, actor, (row, now, by) =>
    {
        if (row.State == AlertState.Resolved) return false;
        (row.State, row.ResolvedAt, row.ResolvedBy) = (AlertState.Resolved, now, by);
        (row.SnoozedUntil, row.SnoozedBy) = (null, null);
        return true;
    }, cancellationToken);

    /// <summary>It is not over, or nobody looks after it. Again changes nothing. Null: the tenant has no such alert.</summary>
    public Task<AlertEntry?> ReopenAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => ActAsync(tenant, id, AlertAct.Reopened, actor, (row, _, _) =>
    {
        if (row.State == AlertState.Open) return false;
        row.State = AlertState.Open;
        (row.AcknowledgedAt, row.AcknowledgedBy, row.ResolvedAt, row.ResolvedBy, row.SnoozedUntil, row.SnoozedBy) = (null, null, null, null, null, null);
        return true;
    }, cancellationToken);

    /// <summary>Whether it was worth telling. The same again changes nothing. Null: the tenant has no such alert.</summary>
    public Task<AlertEntry?> JudgeAsync(TenantId tenant, Guid id, bool useful, Actor actor, CancellationToken cancellationToken) =>
        ActAsync(tenant, id, useful ? AlertAct.JudgedUseful : AlertAct.JudgedNotUseful, actor, (row, _, by) =>
        {
            if (row.IsUseful == useful) return false;
            (row.IsUseful, row.JudgedBy) = (useful, by);
            return true;
        }, cancellationToken);

    /// <summary>Puts an open alert off: if it is still open then, it is told again wherever it was told. Of one that is not open nothing changes. Null: the tenant has no such alert.</summary>
    /// <param name="until">Later than now and at most <see cref="MaxSnooze"/> from now.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public Task<AlertEntry?> SnoozeAsync(TenantId tenant, Guid id, DateTimeOffset until, Actor actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (until <= now || until > now + MaxSnooze) throw new ArgumentOutOfRangeException(nameof(until), until, $"An alert is put off for at most {MaxSnooze.TotalDays:0} days.");
        return ActAsync(tenant, id, AlertAct.Snoozed, actor, (row, _, by) =>
        {
            if (row.State != AlertState.Open || row.SnoozedUntil == until) return false;
            (row.SnoozedUntil, row.SnoozedBy) = (until.ToUniversalTime(), by);
            return true;
        }, cancellationToken, (context, row) => QueueMessages.RemindAsync(context, row.TenantId, row.Id, until, cancellationToken));
    }

    private Task<AlertEntry?> ActAsync(
        TenantId tenant, Guid id, AlertAct act, Actor actor, Func<RecordedAlert, DateTimeOffset, string, bool> change, CancellationToken cancellationToken, Func<FinOpsDbContext, RecordedAlert, Task>? follow = null) =>
        database.RunAsync(tenant, async context =>
        {
            // Locked: two who press at once are two acts one after the other, and the second finds the first's.
            var row = await context.Set<RecordedAlert>().FromSql($"SELECT * FROM finops.alerts WHERE tenant_id = {tenant.Value} AND id = {id} FOR UPDATE").SingleOrDefaultAsync(cancellationToken);
            if (row is null) return null;
            var (now, by) = (Now(), actor.Name.Length <= AlertConfiguration.MaxAuthor ? actor.Name : actor.Name[..AlertConfiguration.MaxAuthor]);
            if (change(row, now, by))
            {
                context.Add(new AlertEvent { TenantId = tenant.Value, Id = Guid.CreateVersion7(now), AlertId = id, At = now, Act = act, By = by });
                await context.SaveChangesAsync(cancellationToken);
                if (follow is not null) await follow(context, row);
            }

            return await WithEventsAsync(context, row, cancellationToken);
        }, cancellationToken);

    private static async Task<AlertEntry?> WithEventsAsync(FinOpsDbContext context, RecordedAlert row, CancellationToken cancellationToken)
    {
        var events = await context.Set<AlertEvent>().AsNoTracking().Where(one => one.TenantId == row.TenantId && one.AlertId == row.Id)
            .OrderByDescending(one => one.At).Take(MaxEvents).ToListAsync(cancellationToken);
        events.Reverse();
        return EntryOf(row, events);
    }

    private static AlertEntry EntryOf(RecordedAlert row, IReadOnlyList<AlertEvent> events) =>
        new(row, AlertJson.Read<SpendScope>(row.Scope), AlertJson.Read<List<AlertFact>>(row.Facts), events);

    private static IQueryable<RecordedAlert> Rows(FinOpsDbContext context, ReadScope reader)
    {
        if (reader.Teams is not { } teams) return context.Set<RecordedAlert>().Where(row => row.TenantId == reader.Tenant.Value);
        // As ReadScope.Covers, in the database, so that pages and counts fit. What detectors find names other scopes among its facts.
        return context.Set<RecordedAlert>().FromSql($"""
            SELECT * FROM finops.alerts WHERE tenant_id = {reader.Tenant.Value} AND kind = {nameof(AlertKind.Budget)}
              AND EXISTS (SELECT FROM jsonb_array_elements(scope -> 'parts') AS part WHERE part ->> 'dimension' = 'team' AND part -> 'values' <@ to_jsonb({teams.ToArray()}::text[]))
              AND NOT EXISTS (SELECT FROM jsonb_array_elements(scope -> 'parts') AS part WHERE part ->> 'dimension' IN ('gpuPool', 'vectorDatabase'))
            """);
    }

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
