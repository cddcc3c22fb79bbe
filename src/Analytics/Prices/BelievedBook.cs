using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>The book as a tenant's context sees it now, for who must not wait until the snapshots follow.</summary>
internal static class BelievedBook
{
    /// <summary>Of the newest import of each list.</summary>
    public static async Task<IReadOnlyList<PriceProvider>> SellersAsync(FinOpsDbContext context, CancellationToken cancellationToken)
    {
        var catalogues = await context.Set<ImportedCatalogue>().GroupBy(c => c.Source).Select(g => g.OrderByDescending(c => c.Id).First()).ToListAsync(cancellationToken);
        return [.. catalogues.SelectMany(c => PriceProviderJson.Read(c.Providers)).DistinctBy(p => p.Id)];
    }
}
