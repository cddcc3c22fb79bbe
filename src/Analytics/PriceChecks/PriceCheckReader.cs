using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.PriceChecks;

/// <summary>What the comparison with the second list found.</summary>
/// <param name="IsConfigured">Whether the installation has a second list.</param>
/// <param name="Last">The last attempt; null = none yet.</param>
/// <param name="LastGood">The last comparison, which the differences are of; null = none yet.</param>
/// <param name="Gaps">One page, the largest first.</param>
/// <param name="Total">Differences of the asked seller, or of all.</param>
/// <param name="Sellers">Those that there are differences of.</param>
public sealed record PriceCheckState(bool IsConfigured, PriceCheck? Last, PriceCheck? LastGood, IReadOnlyList<RecordedGap> Gaps, int Total, IReadOnlyList<string> Sellers);

/// <summary>Reads the last comparison. Public facts, the same for every tenant.</summary>
public sealed class PriceCheckReader(FinOpsDatabase database, IOptions<PriceCheckOptions> options)
{
    public const int PageSize = 100;

    /// <param name="seller">Only of this one; null = of all.</param>
    public Task<PriceCheckState> AskAsync(TenantId tenant, string? seller, int skip, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        var checks = context.Set<PriceCheck>().OrderByDescending(check => check.Id);
        var gaps = context.Set<RecordedGap>().Where(gap => seller == null || gap.Provider == seller);
        return new PriceCheckState(
            options.Value.Source.Length != 0,
            await checks.FirstOrDefaultAsync(cancellationToken),
            await checks.FirstOrDefaultAsync(check => check.Problem == "", cancellationToken),
            await gaps.OrderByDescending(gap => Math.Abs(gap.Share)).ThenBy(gap => gap.OtherName).ThenBy(gap => gap.Meter).ThenBy(gap => gap.ContextStart).ThenBy(gap => gap.ServiceTier).ThenBy(gap => gap.Batch)
                .Skip(Math.Max(0, skip)).Take(PageSize).ToListAsync(cancellationToken),
            await gaps.CountAsync(cancellationToken),
            await context.Set<RecordedGap>().Select(gap => gap.Provider).Distinct().OrderBy(name => name).ToListAsync(cancellationToken));
    }, cancellationToken);
}
