using System.Collections.Concurrent;
using System.Data;
using System.Diagnostics.Metrics;
using System.Globalization;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Prices;

/// <summary>
/// Reads earlier versions of the price book from the rows' recorded time, as the tenant may see them, and remembers the last few. The version in use is the snapshot that everything is rated with.
/// </summary>
public sealed class PriceHistory(FinOpsDatabase database, PostgresPriceSource current, IOptions<PriceOptions> options) : IPriceHistory
{
    private static readonly System.Diagnostics.Metrics.Meter Figures = new("FinOps.Prices");
    private static readonly Counter<long> Forgotten = Figures.CreateCounter<long>("finops.prices.books_forgotten", description: "Earlier versions of the price book that made room for others");
    private static readonly Lazy<PriceSnapshot> Shipped = new(() => PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue));

    private readonly ConcurrentDictionary<BookKey, RememberedBook> _books = new();
    private long _asked;

    public async Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken)
    {
        if (bookVersion == 0) return Shipped.Value;
        if (bookVersion == current.Version) return current.Current(tenant);
        var key = new BookKey(tenant, bookVersion);
        // Read once for all who ask meanwhile, whoever of them leaves.
        var book = _books.GetOrAdd(key, asked => new RememberedBook(new Lazy<Task<PriceSnapshot>>(() => ReadAsync(asked))));
        book.LastAsked = Interlocked.Increment(ref _asked);
        ForgetOldest();
        try
        {
            return await book.Snapshot.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (book.Snapshot.Value is { IsCompleted: true, IsCompletedSuccessfully: false }) _books.TryRemove(KeyValuePair.Create(key, book));
        }
    }

    private void ForgetOldest()
    {
        while (_books.Count > options.Value.RememberedBooks)
        {
            if (_books.TryRemove(_books.MinBy(book => book.Value.LastAsked))) Forgotten.Add(1);
        }
    }

    private Task<PriceSnapshot> ReadAsync(BookKey key) => database.RunAsync(
        StoreScope.Of(key.Tenant), context => ReadAsync(context, key.Version), CancellationToken.None, IsolationLevel.RepeatableRead);

    private static async Task<PriceSnapshot> ReadAsync(FinOpsDbContext context, long version)
    {
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        // Changes that the tenant cannot see are other tenants', and change nothing for it.
        var at = await context.Set<PriceChange>().Where(change => change.Id <= version).MaxAsync(change => (DateTimeOffset?)change.ChangedAt);
        if (at is null) return Shipped.Value;
        var catalogues = await context.Set<ImportedCatalogue>().Where(list => list.ImportedAt <= at).GroupBy(list => list.Source)
            .Select(lists => lists.OrderByDescending(list => list.Id).First()).ToListAsync();
        var sources = await context.Set<ImportedCatalogue>().Select(list => new { list.Id, list.Source }).ToDictionaryAsync(list => list.Id, list => list.Source);
        var orders = catalogues.ToDictionary(list => list.Source, list => PriceProviderJson.Order(list.Providers));
        var prices = await context.Set<RecordedPrice>().Where(row => row.RecordedAt <= at && (row.SupersededAt == null || row.SupersededAt > at)).ToListAsync();
        var aliases = await context.Set<RecordedAlias>().Where(row => row.RecordedAt <= at && (row.SupersededAt == null || row.SupersededAt > at)).ToListAsync();
        return PriceSnapshot.Create(
            catalogues.SelectMany(list => PriceProviderJson.Read(list.Providers)).DistinctBy(provider => provider.Id),
            prices.OrderBy(row => row.TenantId is null).Select(Then),
            string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", catalogues.Select(list => $"{list.Source} {list.Version}"))}, book {version}"), version, aliases.Select(row => row.ToAlias()));

        // Rows tell the newest import's order of entries; which of two that match a name is its price goes by the import of that time.
        PriceRow Then(RecordedPrice row) => row.CatalogueId is { } list && sources.TryGetValue(list, out var source) && orders.TryGetValue(source, out var order)
            && order.TryGetValue((row.Provider, row.Model), out var place) ? row.ToRow() with { Ordinal = place } : row.ToRow();
    }

    private readonly record struct BookKey(TenantId Tenant, long Version);

    private sealed class RememberedBook(Lazy<Task<PriceSnapshot>> snapshot)
    {
        public Lazy<Task<PriceSnapshot>> Snapshot => snapshot;

        public long LastAsked { get; set; }
    }
}
