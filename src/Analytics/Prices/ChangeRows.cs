using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>The rows that a change added and superseded: those with its instant, of the same owner (<see cref="PriceBookLock"/>).</summary>
internal static class ChangeRows
{
    public static Task<List<RecordedPrice>> PricesAsync(FinOpsDbContext context, PriceChange change, CancellationToken cancellationToken) => Prices(context, change).ToListAsync(cancellationToken);

    public static IQueryable<RecordedPrice> Prices(FinOpsDbContext context, PriceChange change) =>
        context.Set<RecordedPrice>().Where(row => row.TenantId == change.TenantId && (row.RecordedAt == change.ChangedAt || row.SupersededAt == change.ChangedAt))
            .OrderBy(row => row.Provider).ThenBy(row => row.Model).ThenBy(row => row.Meter).ThenBy(row => row.ContextStart).ThenBy(row => row.RecordedAt).ThenBy(row => row.Id);

    public static Task<List<RecordedAlias>> AliasesAsync(FinOpsDbContext context, PriceChange change, CancellationToken cancellationToken) =>
        context.Set<RecordedAlias>().Where(row => row.TenantId == change.TenantId && (row.RecordedAt == change.ChangedAt || row.SupersededAt == change.ChangedAt))
            .OrderBy(row => row.Match).ThenBy(row => row.Id).ToListAsync(cancellationToken);
}
