using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Lines;

/// <summary>A price book that changed: version 1 is the list alone; in version 2 the tenant has a price of its own, a fee and a discount, and the list has become dearer.</summary>
internal sealed class TwoBooks(TenantId owner) : IPriceHistory
{
    private static readonly PriceCatalogue Catalogue = PublicCatalogue.Shipped.Catalogue;
    private static readonly IReadOnlyList<PriceRow> Dearer = [.. Catalogue.Rows.Select(row => row.Provider == "openai" ? row with { Price = row.Price * 1.37m } : row)];

    private readonly PriceSnapshot _first = PriceSnapshot.Create(Catalogue.Providers, Catalogue.Rows, "first", 1);
    private readonly PriceSnapshot _second = PriceSnapshot.Create(Catalogue.Providers, Dearer, "second", 2);
    private readonly PriceSnapshot _own = PriceSnapshot.Create(
        Catalogue.Providers,
        [.. Dearer, Own(owner, Meter.Input, 1.3333333m, 1_000_000m), Own(owner, Meter.Discount, 0.153m, 1m), Own(owner, Meter.CodeSession, 0.03m, 1m)], "own", 2);

    /// <summary>The book of a version as the owner sees it.</summary>
    public PriceSnapshot this[long version] => version == 1 ? _first : _own;

    public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) =>
        Task.FromResult(bookVersion == 1 ? _first : tenant == owner ? _own : _second);

    /// <summary>A settled call, rated with that version.</summary>
    public CallReport Rated(long version, CallReport call)
    {
        this[version].Rate(call);
        return call;
    }

    private static PriceRow Own(TenantId tenant, Meter meter, decimal price, decimal size) => new()
    {
        Provider = "openai",
        Model = "own",
        Match = ModelMatch.Parse("""{"starts_with":"gpt-"}"""),
        Meter = meter,
        UnitSize = size,
        Price = price,
        Tenant = tenant,
        Source = "contract",
    };
}
