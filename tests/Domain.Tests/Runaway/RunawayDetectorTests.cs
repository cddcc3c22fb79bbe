using FinOps.Bench.Runaway;
using FinOps.Domain.Runaway;

namespace FinOps.Domain.Tests.Runaway;

public sealed class RunawayDetectorTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 3, 12, 0, 0, TimeSpan.Zero);

    /// <summary>53 labelled scenarios, 24 of them harmless: no false alarm, and all but the one that the documentation names are found within two minutes.</summary>
    [Fact]
    public void Scenarios_PrecisionAndRecall_AreAsDocumented()
    {
        ScenarioResult[] results = [.. Scenarios.All.Select(scenario => scenario.Run(seed: 3))];
        var (precision, recall) = ScenarioResult.Of(results);
        output.WriteLine($"{results.Length} scenarios: precision {precision:F3}, recall {recall:F3}");

        Assert.True(results.Length >= 40 && results.Count(result => result.Scenario.Kind is null) >= 15);
        Assert.Empty(results.Where(result => result.FalseAlarm).Select(result => result.Scenario.Name));
        Assert.Equal(["agents that start agents"], results.Where(result => result.Scenario.Kind is not null && !result.Found).Select(result => result.Scenario.Name));
    }

    /// <summary>What is told names who it was and what it was, so that somebody can act.</summary>
    [Theory]
    [InlineData("an agent asks the same every 25 seconds", RunawayDimension.Session, "run-1", RunawayKind.Loop)]
    [InlineData("a coding agent reads the same file again and again", RunawayDimension.Session, "run-1", RunawayKind.Stuck)]
    [InlineData("every browser retries after an update", RunawayDimension.Feature, "answers", RunawayKind.RetryStorm)]
    [InlineData("one user sends 100,000 tokens every 5 seconds", RunawayDimension.User, "user-3", RunawayKind.TokenFlood)]
    [InlineData("a stolen key asks a dear model", RunawayDimension.Key, "old", RunawayKind.Velocity)]
    public void Observe_ARunaway_IsToldOnceForTheNarrowestScope(string scenario, RunawayDimension dimension, string value, RunawayKind kind)
    {
        var alerts = Scenarios.All.Single(one => one.Name == scenario).Run(seed: 1).Alerts;

        Assert.Equal((new RunawayScope(dimension, value), kind), Assert.Single(alerts.Select(alert => (alert.Scope, alert.Kind))));
    }

    [Fact]
    public void Observe_ALoopThatPausesAndComesBack_IsTheSameIncidentWithinHalfAnHour()
    {
        var alerts = new List<RunawayAlert>();
        var detector = Detector();
        Loop(detector, alerts, Noon);
        Loop(detector, alerts, Noon.AddMinutes(20));
        Assert.Single(alerts);

        Loop(detector, alerts, Noon.AddMinutes(60));
        Assert.Equal(2, alerts.Count);
    }

    /// <summary>After a restart: what goes on was told.</summary>
    [Fact]
    public void Resume_WithTheMarksOfAnother_TellsNothingAgain()
    {
        var (before, alerts) = (Detector(), new List<RunawayAlert>());
        Loop(before, alerts, Noon);
        var marks = before.Marks().ToList();
        Assert.Equal(Assert.Single(alerts).Scope, Assert.Single(marks, mark => mark.Scope.Dimension == alerts[0].Scope.Dimension).Scope);

        var (after, unaware) = (Detector(), Detector());
        foreach (var mark in marks) after.Resume(mark);
        alerts.Clear();
        Loop(after, alerts, Noon.AddMinutes(10));
        Assert.Empty(alerts);
        Loop(unaware, alerts, Noon.AddMinutes(10));
        Assert.Single(alerts);
    }

    /// <summary>It is not forgotten either: once it is dear it is told.</summary>
    [Fact]
    public void Observe_ALoopThatCostsLittle_IsToldWhenItCostsMore()
    {
        var (detector, alerts) = (Detector(), new List<RunawayAlert>());
        for (var i = 0; i < 20; i++) detector.Observe(Traffic.Call with { At = Noon.AddSeconds(5 * i), Session = "s", InputHash = 7, Cost = 0.0001m }, alerts);
        Assert.Empty(alerts);

        for (var i = 20; i < 24; i++) detector.Observe(Traffic.Call with { At = Noon.AddSeconds(5 * i), Session = "s", InputHash = 7, Cost = 0.02m }, alerts);
        Assert.Equal(RunawayKind.Loop, Assert.Single(alerts).Kind);

        // A cost that is not known is not a small one.
        var unpriced = Detector();
        for (var i = 0; i < 6; i++) unpriced.Observe(Traffic.Call with { At = Noon.AddSeconds(5 * i), Session = "s", InputHash = 7, Cost = 0, Unpriced = true }, alerts);
        Assert.Equal(2, alerts.Count);
    }

    /// <summary>What comes beyond the limit is counted, and silent scopes make room.</summary>
    [Fact]
    public void Observe_MoreScopesThanAreWatched_CountsThemAndForgetsSilentOnes()
    {
        var detector = new RunawayDetector(RunawayOptions.Default with { MaxScopes = 2 }, (_, _) => null);
        foreach (var session in (string[])["a", "b", "c"]) detector.Observe(Traffic.Call with { At = Noon, Key = "", Feature = "", Session = session }, []);
        Assert.Equal((2, 1L), (detector.Watched, detector.Unwatched));

        var alerts = new List<RunawayAlert>();
        for (var i = 0; i < 8; i++) detector.Observe(Traffic.Call with { At = Noon.AddMinutes(15).AddSeconds(5 * i), Key = "", Feature = "", Session = "c", InputHash = 7 }, alerts);

        Assert.Equal((1, 1L), (detector.Watched, detector.Unwatched));
        Assert.Equal("c", Assert.Single(alerts).Scope.Value);
    }

    [Fact]
    public void Observe_ACallFromBeforeTheWindow_IsCountedAndChangesNothing()
    {
        var detector = Detector();
        detector.Observe(Traffic.Call with { At = Noon, Feature = "" }, []);
        detector.Observe(Traffic.Call with { At = Noon.AddMinutes(-5), Feature = "" }, []);
        Assert.Equal(1, detector.Late);
    }

    private static RunawayDetector Detector() => new(RunawayOptions.Default, (_, _) => null);

    private static void Loop(RunawayDetector detector, List<RunawayAlert> alerts, DateTimeOffset from)
    {
        for (var i = 0; i < 10; i++) detector.Observe(Traffic.Call with { At = from.AddSeconds(8 * i), Session = "loop", InputHash = 7 }, alerts);
    }
}
