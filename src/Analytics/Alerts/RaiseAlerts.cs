using System.Diagnostics.Metrics;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Alerts;

/// <summary>
/// Raises alerts, and writes the messages that tell of them, within the transaction of whoever found them. The unique key makes it exactly one of each: whoever raises the same at the same time waits for the other's transaction, and then does nothing.
/// </summary>
public static class RaiseAlerts
{
    private static readonly Meter Meter = new("FinOps.Analytics.Alerts");
    private static readonly Counter<long> Raised = Meter.CreateCounter<long>("finops.alerts.raised", description: "Alerts that were raised, by kind");

    /// <summary>Ids of those that are new.</summary>
    /// <param name="context">Of the tenant, with its transaction.</param>
    /// <param name="alerts">Any number; each is checked (<see cref="Alert.FindProblem"/>).</param>
    /// <param name="by">The job that found them.</param>
    public static async Task<IReadOnlyList<Guid>> RaiseAsync(FinOpsDbContext context, IReadOnlyList<Alert> alerts, string by, CancellationToken cancellationToken)
    {
        if (alerts.Count == 0) return [];
        var tenant = TenantOf(context);
        if (alerts.Select(alert => alert.FindProblem()).FirstOrDefault(problem => problem is not null) is { } wrong) throw new ArgumentException(wrong, nameof(alerts));
        // Always in the same order: two that raise the same never wait for one another.
        var ordered = alerts.DistinctBy(alert => alert.Key).OrderBy(alert => alert.Key, StringComparer.Ordinal).ToList();
        Guid[] ids = [.. ordered.Select(alert => Guid.CreateVersion7(alert.OpenedAt))];
        string[] keys = [.. ordered.Select(alert => alert.Key)];
        string[] groups = [.. ordered.Select(alert => alert.GroupKey)];
        string[] kinds = [.. ordered.Select(alert => alert.Kind.ToString())];
        string[] severities = [.. ordered.Select(alert => alert.Severity.ToString())];
        string[] subjects = [.. ordered.Select(alert => alert.Subject)];
        string[] scopes = [.. ordered.Select(alert => AlertJson.Write(alert.Scope))];
        string[] facts = [.. ordered.Select(alert => AlertJson.Write(alert.Facts))];
        string[] links = [.. ordered.Select(alert => alert.Link)];
        DateTime[] opened = [.. ordered.Select(alert => alert.OpenedAt.UtcDateTime)];
        var (open, act) = (nameof(AlertState.Open), nameof(AlertAct.Opened));
        var raised = await context.Database.SqlQuery<Guid>($"""
            WITH raised AS (
              INSERT INTO finops.alerts (tenant_id, id, key, group_key, kind, severity, state, subject, scope, facts, link, opened_at)
              SELECT {tenant}, told.id, told.key, told.group_key, told.kind, told.severity, {open}, told.subject, told.scope::jsonb, told.facts::jsonb, told.link, told.opened_at
              FROM unnest({ids}, {keys}, {groups}, {kinds}, {severities}, {subjects}, {scopes}, {facts}, {links}, {opened})
                AS told (id, key, group_key, kind, severity, subject, scope, facts, link, opened_at)
              ON CONFLICT (tenant_id, key) DO NOTHING
              RETURNING id, opened_at),
            told AS (
              INSERT INTO finops.alert_events (tenant_id, id, alert_id, at, act, by)
              SELECT {tenant}, gen_random_uuid(), id, opened_at, {act}, {by} FROM raised)
            SELECT id AS "Value" FROM raised
            """).ToListAsync(cancellationToken);
        var known = ids.Zip(ordered).ToDictionary(pair => pair.First, pair => pair.Second);
        // Told by the least of them first: 50 % before 80 %.
        await QueueMessages.QueueAsync(context, tenant, [.. raised.Select(id => (id, known[id])).OrderBy(one => one.Item2.Severity).ThenBy(one => one.Item2.OpenedAt)], cancellationToken);
        foreach (var kind in raised.Select(id => known[id].Kind).CountBy(kind => kind)) Raised.Add(kind.Value, new KeyValuePair<string, object?>("kind", kind.Key.ToString()));
        return raised;
    }

    /// <summary>A corrected figure is below again: the alert stays, and says so. Again changes nothing.</summary>
    public static Task<int> NoteFellBelowAsync(FinOpsDbContext context, IReadOnlyList<string> keys, DateTimeOffset at, string by, CancellationToken cancellationToken)
    {
        if (keys.Count == 0) return Task.FromResult(0);
        var (tenant, wanted, act) = (TenantOf(context), keys.ToArray(), nameof(AlertAct.FellBelow));
        return context.Database.ExecuteSqlAsync($"""
            WITH fallen AS (
              UPDATE finops.alerts SET fell_below_at = {at.ToUniversalTime()} WHERE tenant_id = {tenant} AND key = ANY ({wanted}) AND fell_below_at IS NULL RETURNING id)
            INSERT INTO finops.alert_events (tenant_id, id, alert_id, at, act, by) SELECT {tenant}, gen_random_uuid(), id, {at.ToUniversalTime()}, {act}, {by} FROM fallen
            """, cancellationToken);
    }

    /// <summary>What had fallen below has passed again: no second alert, but a resolved one is open again. Again changes nothing.</summary>
    public static Task<int> NoteRoseAgainAsync(FinOpsDbContext context, IReadOnlyList<string> keys, DateTimeOffset at, string by, CancellationToken cancellationToken)
    {
        if (keys.Count == 0) return Task.FromResult(0);
        var (tenant, wanted, act) = (TenantOf(context), keys.ToArray(), nameof(AlertAct.RoseAgain));
        var (open, resolved) = (nameof(AlertState.Open), nameof(AlertState.Resolved));
        return context.Database.ExecuteSqlAsync($"""
            WITH risen AS (
              UPDATE finops.alerts
              SET fell_below_at = NULL, state = CASE WHEN state = {resolved} THEN {open} ELSE state END
              WHERE tenant_id = {tenant} AND key = ANY ({wanted}) AND fell_below_at IS NOT NULL RETURNING id)
            INSERT INTO finops.alert_events (tenant_id, id, alert_id, at, act, by) SELECT {tenant}, gen_random_uuid(), id, {at.ToUniversalTime()}, {act}, {by} FROM risen
            """, cancellationToken);
    }

    /// <summary>What the alerts of an incident told of is over: those that nobody resolved yet are. Again changes nothing.</summary>
    /// <param name="by">Who saw the end.</param>
    public static Task<int> ResolveAsync(FinOpsDbContext context, IReadOnlyList<string> groups, DateTimeOffset at, string by, CancellationToken cancellationToken)
    {
        if (groups.Count == 0) return Task.FromResult(0);
        var (tenant, wanted, act, resolved) = (TenantOf(context), groups.ToArray(), nameof(AlertAct.Resolved), nameof(AlertState.Resolved));
        return context.Database.ExecuteSqlAsync($"""
            WITH ended AS (
              UPDATE finops.alerts SET state = {resolved}, resolved_at = {at.ToUniversalTime()}, resolved_by = {by}, snoozed_until = NULL, snoozed_by = NULL
              WHERE tenant_id = {tenant} AND group_key = ANY ({wanted}) AND state <> {resolved} RETURNING id)
            INSERT INTO finops.alert_events (tenant_id, id, alert_id, at, act, by) SELECT {tenant}, gen_random_uuid(), id, {at.ToUniversalTime()}, {act}, {by} FROM ended
            """, cancellationToken);
    }

    private static Guid TenantOf(FinOpsDbContext context) =>
        context.TenantScope ?? throw new InvalidOperationException("The context has no tenant whose alerts these would be.");
}
