using FinOps.Analytics.Calls;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Reratings;

/// <param name="Rerating">The re-rating that changed it.</param>
/// <param name="At">When it was applied.</param>
/// <param name="OldCost">USD; null = it had no price.</param>
/// <param name="NewCost">USD; null = it lost its price.</param>
/// <param name="OldBook">The versions of the price book.</param>
/// <param name="NewBook">The same.</param>
/// <param name="RevertedAt">When it was taken back; null = it was not.</param>
public sealed record CostChange(Guid Rerating, DateTimeOffset At, decimal? OldCost, decimal? NewCost, long OldBook, long NewBook, DateTimeOffset? RevertedAt);

/// <summary>What re-ratings found: their differences, and the history of one call's cost.</summary>
public sealed class ReratingReader(ClickHouseStore store, Reratings reratings)
{
    /// <summary>Models or features that are told apart, those that change most first. Default 100.</summary>
    public const int MaxNamed = 100;

    /// <summary>Days of a difference: a whole range of 400.</summary>
    public const int MaxDays = 400;

    private const int MaxChanges = 100;

    public async Task<IReadOnlyList<ReratingDifference>> DifferencesAsync(Rerating run, ReratingGroup group, CancellationToken cancellationToken) =>
        await store.QueryAsync(new ReratingDifferences(ReratingSlice.Whole(run), group, group == ReratingGroup.Day ? MaxDays : MaxNamed), cancellationToken);

    /// <summary>How the stored cost of a call changed since it arrived, the first change first. Previews that were never applied are no change.</summary>
    public async Task<IReadOnlyList<CostChange>> HistoryAsync(TenantId tenant, CallReport call, CancellationToken cancellationToken)
    {
        var changes = new List<CostChange>();
        foreach (var row in await store.QueryAsync(new CostHistory(tenant, call.StartUnixMicros, new CallId(call.TraceId, call.SpanId), MaxChanges), cancellationToken))
        {
            if (await reratings.FindAsync(tenant, row.Rerating, cancellationToken) is not { AppliedAt: { } at } run) continue;
            changes.Add(new CostChange(run.Id, at, row.OldCost, row.NewCost, row.OldBook, row.NewBook, run.State == ReratingState.Reverted ? run.EndedAt : null));
        }

        return [.. changes.OrderBy(change => change.At)];
    }
}
