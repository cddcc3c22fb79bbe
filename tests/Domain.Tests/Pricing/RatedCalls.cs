using System.Globalization;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Pricing;

/// <summary>The real catalogue, and calls to rate with it.</summary>
internal static class RatedCalls
{
    public static PriceCatalogue Catalogue { get; } = Load();
    public static PriceSnapshot Snapshot { get; } = PriceSnapshot.Create(Catalogue);

    public static CallReport Call(
        string provider, string model, UsageVector usage, string start = "2026-11-20T12:00:00Z", Action<CallReport>? change = null)
    {
        var report = new CallReport
        {
            Provider = provider,
            ServedModel = model,
            Usage = usage,
            UsageSource = UsageSource.Reported,
            Told = UsageParts.Input | UsageParts.Output | UsageParts.CacheRead | UsageParts.CacheWrite | UsageParts.CacheWriteSplit,
            StartUnixMicros = Micros(start),
        };
        change?.Invoke(report);
        return report;
    }

    public static CallReport Rated(
        string provider, string model, UsageVector usage, string start = "2026-11-20T12:00:00Z", Action<CallReport>? change = null)
    {
        var report = Call(provider, model, usage, start, change);
        Snapshot.Rate(report);
        return report;
    }

    public static long Micros(string instant) =>
        (DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture).UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static PriceCatalogue Load()
    {
        using var stream = typeof(RatedCalls).Assembly.GetManifestResourceStream("catalogue.json")!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return PriceCatalogue.Parse(memory.ToArray());
    }
}
