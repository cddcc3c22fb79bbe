using FinOps.Domain.Alerts;
using FinOps.Domain.Anomalies;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Anomalies;

public sealed class AnomalyIncidentsTests(ITestOutputHelper output)
{
    private const int Days = 42;

    /// <summary>A Monday.</summary>
    private static readonly DateTimeOffset First = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly (string Feature, string Team, string Model, double Busy, double Quiet)[] Features =
        [("rag", "search", "large", 20, 2), ("chat", "support", "large", 30, 4), ("titles", "search", "small", 3, 0.2), ("mail", "sales", "small", 6, 0), ("nightly", "data", "large", 0, 8)];

    /// <summary>Nights, weekends and noise are no incidents, whatever the seed.</summary>
    [Fact]
    public void Find_OfOfficeHoursAndWeekends_TellsNearlyNothing()
    {
        var told = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var incidents = Find(Company(seed), Days * 24 - (21 * 24));
            told += incidents.Count;
            foreach (var one in incidents) output.WriteLine($"{seed}: {one.From:ddd dd HH} to {one.To:dd HH}, {one.Actual:F1} of {one.Expected:F1}, {string.Join(", ", one.Moved.Select(moved => $"{moved.Value} {moved.Excess:F1}"))}");
        }

        // Three weeks of ten companies with twelve series each.
        Assert.InRange(told, 0, 2);
    }

    [Fact]
    public void Find_AFeatureThatTriplesForTwoHours_IsOneIncidentThatNamesItFirst()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            const int Hour = (39 * 24) + 10;
            var hours = Company(seed, (feature, hour) => feature == "rag" && hour is Hour or Hour + 1 ? 3 : 1);
            var incident = Assert.Single(Find(hours, Hour - 48));

            Assert.Equal((First.AddHours(Hour), First.AddHours(Hour + 2)), (incident.From, incident.To));
            Assert.Equal((ScopeDimension.Feature, "rag"), (incident.Moved[0].Dimension, incident.Moved[0].Value));
            Assert.InRange(incident.Moved[0].Explained, 0.7m, 1m);
            Assert.Contains(incident.Moved, moved => (moved.Dimension, moved.Value) == (ScopeDimension.Team, "search"));
            Assert.DoesNotContain(incident.Moved, moved => moved.Value is "mail" or "sales");

            // Whoever looks an hour earlier, or with less of the past, sees the same incident.
            var earlier = Assert.Single(Find([.. hours.Select(one => one with { Hours = [.. one.Hours.Take(Hour + 1)] })], Hour - 48));
            Assert.Equal((incident.From, First.AddHours(Hour + 1)), (earlier.From, earlier.To));
            Assert.Equal(AnomalyAlerts.Key(incident), AnomalyAlerts.Key(earlier));
        }
    }

    /// <summary>A new level is told once, not every day.</summary>
    [Fact]
    public void Find_AFeatureThatStaysTwiceAsDear_IsOneIncident()
    {
        var incidents = Find(Company(3, (feature, hour) => feature == "chat" && hour >= 35 * 24 + 9 ? 2.5 : 1), 34 * 24);

        Assert.Equal("chat", Assert.Single(incidents).Moved[0].Value);
    }

    [Fact]
    public void Find_WhatIsCheapOrFalls_IsNotTold()
    {
        Assert.Empty(Find(Company(1, (feature, hour) => feature == "titles" && hour == 900 ? 8 : 1, 0.02), 800));
        Assert.Empty(Find(Company(1, (_, hour) => hour is > 900 and < 960 ? 0.1 : 1), 800));
    }

    [Fact]
    public void Alert_OfAnIncident_IsDataThatCanBeRaised()
    {
        var at = First.AddHours(10);
        var incident = new AnomalyIncident(at, at.AddHours(2), 90, 40, 7, [new(ScopeDimension.Feature, "rag", 60, 20, 0.8m), new(ScopeDimension.Project, "p", 80, 40, 0.8m)]);
        var alert = AnomalyAlerts.Of(incident, scope => scope.Value == "p" ? "Shop" : scope.Value, 100, at);

        Assert.Null(alert.FindProblem());
        Assert.Equal((AlertKind.Anomaly, AlertSeverity.Warning, "rag", at), (alert.Kind, alert.Severity, alert.Subject, AnomalyAlerts.Begin(alert.Key)));
        Assert.Equal("/why?range=custom&from=2026-06-01T10:00:00Z&to=2026-06-01T12:00:00Z&before-from=2026-05-25T10:00:00Z&before-to=2026-05-25T12:00:00Z&feature=rag", alert.Link);
        Assert.Equal(
            ["excess 50", "actual 90", "expected 40", "from 2026-06-01T10:00:00.0000000+00:00", "to 2026-06-01T12:00:00.0000000+00:00", "moved feature rag", "movedBy 40", "explained 0.8", "moved project Shop", "movedBy 40", "explained 0.8"],
            alert.Facts.Select(fact => $"{fact.Name} {fact.Value}"));

        var vague = AnomalyAlerts.Of(incident with { Moved = [new(ScopeDimension.Feature, "rag", 6, 2, 0.1m)] }, scope => scope.Value, 50, at);
        Assert.Equal(("All spend", SpendScope.Everything, AlertSeverity.Critical), (vague.Subject, vague.Scope, vague.Severity));
        Assert.Null(AnomalyAlerts.Begin("budget/x"));
    }

    private static IReadOnlyList<AnomalyIncident> Find(IReadOnlyList<SpendSeries> hours, int judgedFrom) =>
        AnomalyIncidents.Find(First, hours, First.AddHours(judgedFrom), AnomalyOptions.Default, AnomalyLimits.Default);

    /// <summary>Hours of features, their teams and models, and of all, with noise of 15 %.</summary>
    private static List<SpendSeries> Company(int seed, Func<string, int, double>? change = null, double times = 1)
    {
        var random = new Random(seed);
        var hours = Features.Select(feature => Enumerable.Range(0, Days * 24).Select(hour =>
        {
            var (ofDay, weekend) = (hour % 24, hour / 24 % 7 >= 5);
            var usual = ofDay is >= 8 and < 18 && !weekend ? feature.Busy : feature.Busy == 0 && ofDay is 2 or 3 ? feature.Quiet : feature.Quiet * (weekend ? 0.5 : 1);
            return (decimal)(times * usual * Math.Exp(0.15 * Normal(random)) * (change?.Invoke(feature.Feature, hour) ?? 1));
        }).ToArray()).ToArray();
        SpendSeries Sum(ScopeDimension? dimension, string value, Func<(string Feature, string Team, string Model, double, double), bool> of) =>
            new(dimension, value, [.. Enumerable.Range(0, Days * 24).Select(hour => Features.Select((feature, i) => of(feature) ? hours[i][hour] : 0).Sum())]);
        return
        [
            Sum(null, "", _ => true), .. Features.Select(feature => Sum(ScopeDimension.Feature, feature.Feature, other => other.Feature == feature.Feature)),
            .. Features.Select(feature => feature.Team).Distinct().Select(team => Sum(ScopeDimension.Team, team, other => other.Team == team)),
            .. Features.Select(feature => feature.Model).Distinct().Select(model => Sum(ScopeDimension.Model, model, other => other.Model == model)),
        ];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
