using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Settlement;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Tests.Mapping;

namespace FinOps.Ingest.Tests.Pitfalls;

/// <summary>Telemetry and usages at the prices that the product brings along, with a tenant's own where a case needs them.</summary>
internal static class PricedTelemetry
{
    private static readonly PriceCatalogue Catalogue = PublicCatalogue.Shipped.Catalogue;

    public static readonly PriceSnapshot ListPrices = PriceSnapshot.Create(Catalogue);

    /// <summary>The list, and over it what a tenant has agreed.</summary>
    public static PriceSnapshot With(params PriceRow[] own) => PriceSnapshot.Create(Catalogue.Providers, [.. own, .. Catalogue.Rows], "list and own");

    public static PriceRow Own(string provider, string model, Meter meter, decimal price, decimal unitSize = 1_000_000m) => new()
    {
        Provider = provider,
        Model = $"own {model}",
        Match = model.Length == 0 ? ModelMatch.Parse("""{"contains":""}""") : ModelMatch.Exactly(model),
        Meter = meter,
        UnitSize = unitSize,
        Price = price,
        Tenant = MapperHarness.Tenant,
        Source = "contract",
    };

    /// <summary>A call as telemetry tells of it, mapped and rated as at the front door.</summary>
    public static CallReport Told(PriceSnapshot prices, string scope, params (string Key, object Value)[] attributes)
    {
        var rows = Sent(prices, scope, new TestSpan { Attributes = [.. attributes] });
        return Assert.Single(rows.Rows.Calls);
    }

    public static CallReport Told(string scope, params (string Key, object Value)[] attributes) => Told(ListPrices, scope, attributes);

    public static MapperHarness Sent(PriceSnapshot prices, string scope, params TestSpan[] spans)
    {
        var harness = new MapperHarness();
        harness.Context = harness.Context with { Prices = prices };
        Assert.False(harness.Spans(scope, spans).Malformed);
        return harness;
    }

    public static CallReport Used(
        string provider, string model, UsageVector usage, PriceSnapshot? prices = null, string start = "2026-11-20T12:00:00Z", Action<CallReport>? change = null)
    {
        var report = new CallReport
        {
            Provider = provider,
            ServedModel = model,
            Usage = usage,
            UsageSource = UsageSource.Reported,
            Told = UsageParts.Input | UsageParts.Output | UsageParts.CacheRead | UsageParts.CacheWrite | UsageParts.CacheWriteSplit,
            StartUnixMicros = (DateTimeOffset.Parse(start, CultureInfo.InvariantCulture).UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
        };
        change?.Invoke(report);
        (prices ?? ListPrices).Rate(report);
        return report;
    }

    /// <summary>What settling makes of reports that arrived; the sum of the calls is what a dashboard shows.</summary>
    public static (IReadOnlyList<CallReport> Calls, decimal Sum) Settled(params CallReport[] reports)
    {
        CallSettlement.Settle(reports, [], ListPrices.Rate);
        var calls = reports.Where(r => r.Role == CallRole.Call).ToList();
        return (calls, calls.Sum(r => r.Cost));
    }

    public static TestSpan Span(byte id, byte parent, params (string Key, object Value)[] attributes) => new()
    {
        SpanId = [0, 0, 0, 0, 0, 0, 0, id],
        ParentSpanId = parent == 0 ? [] : [0, 0, 0, 0, 0, 0, 0, parent],
        Attributes = [.. attributes],
    };

    public static decimal Usd(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
}
