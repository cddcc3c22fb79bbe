using FinOps.Domain.Runaway;

namespace FinOps.Bench.Runaway;

/// <summary>One labelled scenario. The first bad call comes at minute ten.</summary>
/// <param name="Kind">What runs away; null = nothing.</param>
internal sealed record Scenario(string Name, RunawayKind? Kind, Action<Traffic> Build)
{
    /// <param name="seed">Of what the office does beside it.</param>
    public ScenarioResult Run(int seed)
    {
        var traffic = new Traffic(seed);
        Build(traffic);
        var detector = new RunawayDetector(RunawayOptions.Default, traffic.Usual);
        var alerts = new List<RunawayAlert>();
        foreach (var call in traffic.Calls) detector.Observe(call, alerts);
        return new ScenarioResult(this, alerts);
    }
}

internal sealed record ScenarioResult(Scenario Scenario, IReadOnlyList<RunawayAlert> Alerts)
{
    private static readonly TimeSpan MostDelay = TimeSpan.FromMinutes(2);

    private bool Early => Alerts.Any(alert => alert.At < Traffic.Event);

    /// <summary>A runaway of any kind was told, after its first bad call and within two minutes of it.</summary>
    public bool Found => Scenario.Kind is not null && Delay <= MostDelay;

    /// <summary>An alarm where nothing ran away, or not yet.</summary>
    public bool FalseAlarm => Early || (Scenario.Kind is null && Alerts.Count > 0);

    public TimeSpan? Delay => Alerts.Where(alert => alert.At >= Traffic.Event).Select(alert => (TimeSpan?)(alert.At - Traffic.Event)).Min();

    public static (double Precision, double Recall) Of(IReadOnlyCollection<ScenarioResult> results)
    {
        var found = results.Count(result => result.Found);
        return ((double)found / Math.Max(1, found + results.Count(result => result.FalseAlarm)), (double)found / results.Count(result => result.Scenario.Kind is not null));
    }
}
