using System.Data;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Prices;

/// <summary>
/// The price book of PostgreSQL as immutable snapshots: one for everybody, and one for each tenant that has prices of its own. Until the
/// book could be read for the first time, the shipped list stands in; its prices have the same ids. Later outages keep the last snapshot.
/// </summary>
public sealed class PostgresPriceSource(
    FinOpsDatabase database, StoresReady ready, IOptions<PriceOptions> options, TimeProvider clock, ILogger<PostgresPriceSource> logger)
    : FollowStore(ready, TimeSpan.FromSeconds(options.Value.RefreshSeconds), clock), IPriceSource
{
    private const long NeverRead = -1;

    private volatile Book _book = new(NeverRead, PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue), new Dictionary<TenantId, PriceSnapshot>());

    /// <summary>The version of the book that is in use; null while the shipped list stands in.</summary>
    public long? Version => _book.Version == NeverRead ? null : _book.Version;

    public PriceSnapshot Current(TenantId tenant)
    {
        var book = _book;
        return book.OfTenant.Count != 0 && book.OfTenant.TryGetValue(tenant, out var own) ? own : book.Shared;
    }

    /// <summary>Reads the book if its version is another than the one in use. True if it was.</summary>
    public override Task<bool> RefreshAsync(CancellationToken cancellationToken) =>
        // Only one snapshot of the database gives sellers and rows that belong together.
        database.RunAsync(StoreScope.PriceBook, context => RefreshAsync(context, cancellationToken), cancellationToken, IsolationLevel.RepeatableRead);

    private async Task<bool> RefreshAsync(FinOpsDbContext context, CancellationToken cancellationToken)
    {
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        var version = await context.Set<PriceChange>().IgnoreQueryFilters().MaxAsync(c => (long?)c.Id, cancellationToken);
        if (version is null || version == _book.Version) return false;

        var catalogues = await context.Set<ImportedCatalogue>().GroupBy(c => c.Source)
            .Select(g => g.OrderByDescending(c => c.Id).First()).ToListAsync(cancellationToken);
        var providers = catalogues.SelectMany(c => PriceProviderJson.Read(c.Providers)).DistinctBy(p => p.Id).ToList();
        var prices = await context.Set<RecordedPrice>().IgnoreQueryFilters().Where(r => r.SupersededAt == null).ToListAsync(cancellationToken);
        var rows = prices.ToLookup(r => r.TenantId, r => r.ToRow());
        var aliases = (await context.Set<RecordedAlias>().IgnoreQueryFilters().Where(a => a.SupersededAt == null).ToListAsync(cancellationToken)).ToLookup(a => (Guid?)a.TenantId, a => a.ToAlias());
        var shared = rows[null].ToList();
        var name = $"{string.Join(", ", catalogues.Select(c => $"{c.Source} {c.Version}"))}, book {version}";
        _book = new Book(
            version.Value,
            PriceSnapshot.Create(providers, shared, name, version.Value),
            rows.Select(g => g.Key).Concat(aliases.Select(g => g.Key)).OfType<Guid>().Distinct().ToDictionary(
                tenant => new TenantId(tenant),
                tenant => PriceSnapshot.Create(providers, rows[tenant].Concat(shared), name, version.Value, aliases[tenant])));
        Log.PricesLoaded(logger, name, shared.Count, _book.OfTenant.Count);
        return true;
    }

    protected override void TellAway(Exception failure) => Log.PricesNotRead(logger, failure);

    private sealed record Book(long Version, PriceSnapshot Shared, IReadOnlyDictionary<TenantId, PriceSnapshot> OfTenant);
}
