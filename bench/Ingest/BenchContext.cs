using FinOps.Analytics.Prices;
using FinOps.Demo;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Mapping;

namespace FinOps.Bench.Ingest;

/// <summary>What the ingest benchmarks have in common: whose calls they are, at which prices, and the demo's traffic.</summary>
internal static class BenchContext
{
    /// <summary>A tenant with the prices that the product brings along, so that rating is part of what is measured.</summary>
    public static MapContext New()
    {
        var key = new byte[32];
        for (var index = 0; index < key.Length; index++) key[index] = (byte)(index * 7 + 1);
        // The rows of all requests are gathered in one batch where the bound is made.
        var limits = new MappingLimits { MaxItems = 10_000_000 };
        return new MapContext(
            new TenantId(Guid.Parse("00000000-0000-0000-0000-000000000001")), new ProjectId(Guid.Parse("00000000-0000-0000-0000-000000000002")),
            BoundTags.None, key, PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000, limits);
    }

    /// <summary>The demo's traffic of so many days: places in traces (HTTP requests, tools, retrievals) and the calls below them.</summary>
    public static List<byte[]> DemoBodies(int days)
    {
        var anchor = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-1);
        return [.. Enumerable.Range(0, days)
            .SelectMany(day => DemoDay.Traces(1, anchor.AddDays(-day), anchor))
            .Chunk(250)
            .Select(OtlpWriter.Traces)];
    }

    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
