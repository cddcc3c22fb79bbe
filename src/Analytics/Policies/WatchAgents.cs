using FinOps.Analytics.Alerts;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Policies;

/// <summary>
/// Every minute: raises an alert for each agent that has not been heard of for <see cref="PolicyOptions.AwayAlertMinutes"/>; a job of Hangfire. One small question for all tenants finds those that have any, mostly none.
/// The alert ends with the agent's next heartbeat (<see cref="AgentBook.HearAsync"/>).
/// </summary>
public sealed class WatchAgents(FinOpsDatabase database, TimeProvider clock, IOptions<PolicyOptions> options, ILogger<WatchAgents> logger)
{
    private const string Job = "watch-agents";

    // One for the process: a control plane that was away itself hears of its agents first, before it says that they are silent.
    private readonly DateTimeOffset _since = clock.GetUtcNow();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (now - _since < AgentBook.AwayAfter) return;
        var before = now.AddMinutes(-options.Value.AwayAlertMinutes);
        var tenants = await database.RunAsync(StoreScope.Agents, context => context.Set<RecordedAgent>().IgnoreQueryFilters()
            .Where(row => row.RevokedAt == null && row.ToldAwayAt == null && row.LastSeenAt < before).Select(row => row.TenantId).Distinct().ToListAsync(cancellationToken), cancellationToken);
        Exception? first = null;
        foreach (var tenant in tenants)
        {
            try
            {
                await RunTenantAsync(new TenantId(tenant), before, now, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One tenant's trouble holds up nobody else's alerts.
                Log.NotWatched(logger, failure, new TenantId(tenant));
                first ??= failure;
            }
        }

        if (first is not null) throw new InvalidOperationException($"Not all agents were watched: {first.Message}", first);
    }

    private Task<int> RunTenantAsync(TenantId tenant, DateTimeOffset before, DateTimeOffset now, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        // Locked, so that one that is heard of at this moment is asked for again, and left out.
        var silent = await context.Set<RecordedAgent>().FromSql($"""
            SELECT * FROM finops.agents WHERE tenant_id = {tenant.Value} AND revoked_at IS NULL AND told_away_at IS NULL AND last_seen_at < {before} ORDER BY id FOR UPDATE
            """).ToListAsync(cancellationToken);
        foreach (var agent in silent) agent.ToldAwayAt = now;
        await context.SaveChangesAsync(cancellationToken);
        await RaiseAlerts.RaiseAsync(context, silent.ConvertAll(agent => AgentAlerts.Away(agent.Id, agent.Name, agent.HeldVersion, agent.LastSeenAt, now)), Job, cancellationToken);
        return silent.Count;
    }, cancellationToken);
}
