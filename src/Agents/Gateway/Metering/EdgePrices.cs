using System.Reflection;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Gateway.Metering;

/// <summary>
/// What a call costs, for <c>x-finops-cost</c> and for limits of money, by the dated list of prices in the program. It is the code that rates in ingest, which knows the
/// organisation's own prices too: its figure is the one that counts.
/// </summary>
internal sealed class EdgePrices
{
    // The list takes some tens of milliseconds and some megabytes, which a start does without.
    private readonly Lazy<PriceSnapshot> _prices = new(Load);

    [ThreadStatic]
    private static CallReport? _report;

    /// <summary>Reads the list now, so that no call waits for it.</summary>
    public void Warm() => _ = _prices.Value;

    /// <summary>USD, or null where the price or the usage is not known.</summary>
    public decimal? Cost(in PricedCall call)
    {
        var report = _report ??= new CallReport();
        report.Clear();
        report.Provider = call.Provider;
        report.ServedModel = call.ServedModel;
        report.RequestedModel = call.RequestedModel;
        report.ServedTier = call.ServiceTier;
        report.RequestedTier = call.RequestedTier;
        report.Region = call.Geography;
        report.StartUnixMicros = call.StartUnixMicros;
        report.Usage = call.Usage;
        report.Batch = call.Batch;
        report.UsageSource = call.Source;
        _prices.Value.Rate(report);
        return (report.Flags & CallFlags.Unpriced) != 0 ? null : report.Cost;
    }

    private static PriceSnapshot Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("prices/catalogue.json") ?? throw new InvalidOperationException("The program has no list of prices in it.");
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return PriceSnapshot.Create(PriceCatalogue.Parse(json));
    }
}

/// <param name="StartUnixMicros">Prices are looked up at this instant.</param>
internal readonly record struct PricedCall(
    string Provider, string RequestedModel, string ServedModel, string RequestedTier, string ServiceTier, string Geography, long StartUnixMicros, UsageVector Usage, UsageSource Source, bool Batch);
