using System.Collections.Frozen;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Outcomes;

/// <summary>
/// What tenants count as outcomes, followed in the background: few define any, so all definitions are one small question every few seconds. While PostgreSQL is away the last known ones go on.
/// </summary>
public sealed class OutcomeBook(FinOpsDatabase database, StoresReady ready, IOptions<OutcomeOptions> options, TimeProvider clock, ILogger<OutcomeBook> logger)
    : FollowStore(ready, TimeSpan.FromSeconds(options.Value.RefreshSeconds), clock), IOutcomeSource
{
    /// <summary>Definitions of all tenants that are followed. Default 100,000: those beyond count nothing, and the log says so.</summary>
    private const int MaxRows = 100_000;

    /// <summary>How long an ended definition is still looked for: spans of before its end come late.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromDays(2);

    private readonly TimeProvider _clock = clock;
    private volatile FrozenDictionary<TenantId, OutcomePlan> _plans = FrozenDictionary<TenantId, OutcomePlan>.Empty;

    public OutcomePlan? Current(TenantId tenant)
    {
        var plans = _plans;
        return plans.Count != 0 && plans.TryGetValue(tenant, out var plan) ? plan : null;
    }

    public override async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var since = _clock.GetUtcNow() - Late;
        var rows = await database.RunAsync(StoreScope.Outcomes, context => context.Set<OutcomeDefinition>().IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.Source != OutcomeSource.Told && (row.EndedAt == null || row.EndedAt > since))
            .OrderBy(row => row.TenantId).ThenBy(row => row.Id).Take(MaxRows).ToListAsync(cancellationToken), cancellationToken);
        if (rows.Count == MaxRows) Log.TooManyDefinitions(logger, MaxRows);
        _plans = rows.GroupBy(row => row.TenantId).ToFrozenDictionary(group => new TenantId(group.Key), group => new OutcomePlan(group.Select(row => row.ToRule())));
        return true;
    }

    protected override void TellAway(Exception failure) => Log.DefinitionsNotRead(logger, failure);
}
