using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Gateway.Metering;

namespace FinOps.Gateway.Tests.Metering;

/// <summary>An organisation's prices from the bundle: the gateway's figure is the server's.</summary>
public sealed class EdgePricesTests
{
    private static readonly TenantId Tenant = new(Guid.Parse("0199a000-0000-7000-8000-000000000001"));
    private static readonly ProjectId Project = new(Guid.Parse("0199a000-0000-7000-8000-0000000000a1"));

    [Fact]
    public void Cost_ByABundlesPrices_IsWhatTheServersBookGives_AndTheListsWithoutThem()
    {
        var list = List();
        PriceRow[] own =
        [
            Own(Meter.Input, 1.000000001m), Own(Meter.Output, 2m), Own(Meter.Output, 1.5m) with { Project = Project },
            Own(Meter.Discount, 0.015m) with { Match = ModelMatch.Every, Model = "*", UnitSize = 1m },
        ];
        List<PriceRow> rows = [.. list.Rows, .. own];
        var server = PriceSnapshot.Create(list.Providers, rows, "book");
        var bundle = PolicyBundleReader.Read(PolicyBundleWriter.Write(new PolicyBundle { Version = 1, Tenant = Tenant }, PriceOverlay.Of(list, list.Providers, rows, [], DateTimeOffset.UnixEpoch)!.ToJson())).Bundle!;
        var (edge, ofProject) = (new EdgePrices(), new EdgePrices(() => Project));

        var dated = edge.Cost(Call());
        edge.Use(bundle.PricesBeside, null);
        ofProject.Use(bundle.PricesBeside, null);

        Assert.Equal(Rated(PriceSnapshot.Create(list), default), dated);
        Assert.Equal(Rated(server, default), edge.Cost(Call()));
        Assert.Equal(Rated(server, Project), ofProject.Cost(Call()));
        Assert.Equal(3, new[] { dated, edge.Cost(Call()), ofProject.Cost(Call()) }.Distinct().Count());
        edge.Use(null, null);
        Assert.Equal(dated, edge.Cost(Call()));
    }

    private static PricedCall Call() => new("openai", "gpt-4o", "gpt-4o-2024-08-06", "", "", "", 1_795_000_000_000_000, new UsageVector { InputFresh = 12_345, CacheRead = 678, OutputText = 910 }, UsageSource.Reported, false);

    private static decimal Rated(PriceSnapshot prices, ProjectId project)
    {
        var call = Call();
        var report = new CallReport { Provider = call.Provider, RequestedModel = call.RequestedModel, ServedModel = call.ServedModel, StartUnixMicros = call.StartUnixMicros, Usage = call.Usage, UsageSource = call.Source, Project = project };
        prices.Rate(report);
        return report.Cost;
    }

    private static PriceRow Own(Meter meter, decimal price) => new()
    {
        Tenant = Tenant,
        Provider = "openai",
        Model = "gpt-4o",
        Match = ModelMatch.OfEntry("gpt-4o"),
        Meter = meter,
        UnitSize = 1_000_000m,
        Price = price,
    };

    private static PriceCatalogue List()
    {
        using var stream = typeof(EdgePrices).Assembly.GetManifestResourceStream("prices/catalogue.json")!;
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return PriceCatalogue.Parse(json);
    }
}
