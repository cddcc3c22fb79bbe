namespace FinOps.Demo.Tests;

public sealed class DemoDayTests
{
    private static readonly DateOnly Anchor = new(2026, 11, 22);

    private static IEnumerable<DemoTrace> Month(ulong seed = 7) =>
        Enumerable.Range(0, DemoCompany.Days).SelectMany(back => DemoDay.Traces(seed, Anchor.AddDays(-back), Anchor));

    [Fact]
    public void Month_OfTheCompany_HasTheSizeThatTheProductPromises()
    {
        var month = Month().ToList();
        Assert.InRange(month.Sum(t => t.Calls), 150_000, 400_000);
        var root = month.SelectMany(t => t.Spans).Where(s => s.ParentSpanId == 0).ToList();
        Assert.Equal(10, Values(root, "feature").Count);
        Assert.Equal(4, Values(root, "team").Count);
        Assert.Equal(DemoCompany.Customers, Values(root, "customer.id").Count);
        Assert.InRange(Values(root, "user.id").Count, 1800, DemoCompany.Users + 3);
        var calls = month.SelectMany(t => t.Spans).Where(s => s.Attributes.Any(a => a.Key == "gen_ai.response.model")).ToList();
        Assert.Equal(12, Values(calls, "gen_ai.response.model").Count);
        Assert.Equal(5, Values(calls, "gen_ai.provider.name").Count);
    }

    [Fact]
    public void Traces_AskedTwice_AreTheSameSpans()
    {
        var first = OtlpWriter.Traces(DemoDay.Traces(7, Anchor, Anchor));
        Assert.Equal(first, OtlpWriter.Traces(DemoDay.Traces(7, Anchor, Anchor)));
        Assert.NotEqual(first, OtlpWriter.Traces(DemoDay.Traces(8, Anchor, Anchor)));
    }

    [Fact]
    public void SpanIds_OfAMonth_AreUnique()
    {
        var seen = new HashSet<(ulong, ulong)>();
        foreach (var span in Month().SelectMany(t => t.Spans)) Assert.True(seen.Add((span.TraceLow, span.SpanId)));
    }

    [Fact]
    public void Agent_WithSeveralCalls_RepeatsTheirSum()
    {
        var trace = DemoDay.Traces(7, Anchor, Anchor).First(t => t.Spans.Any(s => s.Name.StartsWith("invoke_agent", StringComparison.Ordinal)));
        var agent = trace.Spans.Single(s => s.Name.StartsWith("invoke_agent", StringComparison.Ordinal));
        var children = trace.Spans.Where(s => s.ParentSpanId == agent.SpanId).Sum(s => Tokens(s));
        Assert.Equal(children, Tokens(agent));
    }

    [Fact]
    public void RunawayJob_OnItsDay_CostsSeveralTimesAnOrdinaryNight()
    {
        var runaway = DemoDay.Traces(7, Anchor.AddDays(-DemoCompany.RunawayDaysAgo), Anchor);
        Assert.Equal(DemoDay.RunawayTraces, runaway.Count(t => t.Spans.Any(s => s.Attributes.Any(a => a.Key == "job"))));
    }

    [Fact]
    public void Gpus_OfADay_AreSixWithOneNearlyIdle()
    {
        var points = DemoResources.Points(7, Anchor, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, []).Where(p => p.Metric == "hw.gpu.utilization");
        var byGpu = points.GroupBy(p => (string)p.Attributes.Single(a => a.Key == "hw.id").Value).Select(g => g.Average(p => p.Value)).Order().ToList();
        Assert.Equal(6, byGpu.Count);
        Assert.InRange(byGpu[0], 0, 0.05);
        Assert.InRange(byGpu[1], 0.1, 1);
    }

    [Fact]
    public void Stores_OfADay_AreACollectionThatGrowsOneThatDoesNotAndThreeTiers()
    {
        var points = DemoResources.Points(7, Anchor, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, []);
        var collections = points.Where(p => p.Metric == "collection_points").GroupBy(p => (string)p.Attributes.Single(a => a.Key == "id").Value).ToDictionary(g => g.Key, g => g.Max(p => p.Value) > g.Min(p => p.Value));
        Assert.Equal(new Dictionary<string, bool> { ["help_articles"] = true, ["help_articles_2025"] = false }, collections);
        Assert.Equal(3, points.Where(p => p.Metric == "finops.storage.bytes").Select(p => string.Join(' ', p.Attributes.Select(a => a.Value))).Distinct().Count());
    }

    private static long Tokens(DemoSpan span) => span.Attributes.Where(a => a.Key == "gen_ai.usage.input_tokens").Sum(a => (long)a.Value);

    private static HashSet<string> Values(IEnumerable<DemoSpan> spans, string key) =>
        spans.SelectMany(s => s.Attributes).Where(a => a.Key == key).Select(a => (string)a.Value).ToHashSet();
}
