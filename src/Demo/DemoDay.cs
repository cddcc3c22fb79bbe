using System.Globalization;

namespace FinOps.Demo;

/// <summary>
/// All traces of one UTC day, in the order of their start. The same tenant, day and anchor (the day of the demo's first start) always
/// give the same traces.
/// </summary>
internal static class DemoDay
{
    /// <summary>How often the runaway job asked before someone stopped it.</summary>
    public const int RunawayTraces = 420;

    private const long TracesPerFeature = 1_000_000;

    public static IReadOnlyList<DemoTrace> Traces(ulong tenantSeed, DateOnly day, DateOnly anchor)
    {
        var daysAgo = anchor.DayNumber - day.DayNumber;
        var share = DemoCompany.DayShare(day, Math.Max(0, daysAgo));
        var traces = new List<DemoTrace>();
        for (var f = 0; f < DemoCompany.Features.Length; f++)
        {
            var feature = DemoCompany.Features[f];
            // Jobs run every night, whatever the weekday.
            var count = (int)(feature.Weight * (feature.Shape == DemoShape.BatchJob ? 1.0 : share));
            for (var i = 0; i < count; i++)
            {
                var random = DemoRandom.For(tenantSeed, day.DayNumber, f * TracesPerFeature + i);
                traces.Add(new DemoTraceBuilder(random, feature, Instant(day, feature, random), daysAgo).Build());
            }
        }

        if (daysAgo == DemoCompany.RunawayDaysAgo)
            AddRunawayJob(traces, tenantSeed, day, daysAgo);

        traces.Sort((a, b) => a.At.CompareTo(b.At));
        return traces;
    }

    private static DateTimeOffset Instant(DateOnly day, DemoFeature feature, DemoRandom random)
    {
        var second = feature.Name switch
        {
            "nightly-summaries" => 3600 + random.Below(2 * 3600 + 1800),
            "catalog-embeddings" => random.Chance(0.7) ? 4 * 3600 + random.Below(3600) : random.Below(86_400),
            _ => DemoCompany.OfficeSecond(random),
        };
        return new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).AddSeconds(second).AddMilliseconds(random.Below(1000));
    }

    /// <summary>A loop without a stop condition: the research agent asks itself the same question for three hours.</summary>
    private static void AddRunawayJob(List<DemoTrace> traces, ulong tenantSeed, DateOnly day, int daysAgo)
    {
        var agent = DemoCompany.Features.Single(f => f.Shape == DemoShape.Agent);
        for (var i = 0; i < RunawayTraces; i++)
        {
            var random = DemoRandom.For(tenantSeed, day.DayNumber, DemoCompany.Features.Length * TracesPerFeature + i);
            var at = new DateTimeOffset(day.ToDateTime(new TimeOnly(1, 20)), TimeSpan.Zero).AddSeconds(i * 25 + random.Below(20));
            traces.Add(new DemoTraceBuilder(random, agent, at, daysAgo) { RunawayJob = string.Create(CultureInfo.InvariantCulture, $"backfill-{day:yyyyMMdd}") }.Build());
        }
    }
}
