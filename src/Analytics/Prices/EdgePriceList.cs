using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>What gateways of a tenant have to know beside the dated list in their program, to rate as ingest does.</summary>
internal static class EdgePriceList
{
    /// <param name="context">Of the tenant.</param>
    /// <param name="now">What is over is left out.</param>
    /// <returns>Null where the book says what the list says; and the change of the book up to which that is so.</returns>
    public static async Task<(PriceOverlay? Overlay, long BookVersion)> ReadAsync(FinOpsDbContext context, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // First: what changes while the rows are read has a higher one, and is looked at again.
        var version = await context.Set<PriceChange>().MaxAsync(change => (long?)change.Id, cancellationToken) ?? 0;
        var sellers = await BelievedBook.SellersAsync(context, cancellationToken);
        if (sellers.Count == 0) return (null, version); // Nothing was imported yet: the shipped list stands in here, too.
        var rows = await context.Set<RecordedPrice>().AsNoTracking().Where(row => row.SupersededAt == null).ToListAsync(cancellationToken);
        var aliases = await context.Set<RecordedAlias>().AsNoTracking().Where(row => row.SupersededAt == null).OrderBy(row => row.Id).ToListAsync(cancellationToken);
        return (PriceOverlay.Of(PublicCatalogue.Shipped.Catalogue, sellers, rows.ConvertAll(row => row.ToRow()), aliases.ConvertAll(row => row.ToAlias()), now), version);
    }
}
