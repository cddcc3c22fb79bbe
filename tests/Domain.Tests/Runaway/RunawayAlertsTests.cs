using FinOps.Domain.Alerts;
using FinOps.Domain.Runaway;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Runaway;

public sealed class RunawayAlertsTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 26, 11, 20, 3, TimeSpan.Zero);

    private static RunawayEvidence Evidence(string feature = "") => new(At.AddSeconds(-100), 2, ["a", "b", "c", "d", "e", "f"], "p", feature, "", "");

    [Fact]
    public void Alert_OfALoop_SaysWhatWasSeen()
    {
        var alert = RunawayAlerts.Of(new RunawayAlert(new RunawayScope(RunawayDimension.Session, "s 1"), RunawayKind.Loop, At, 12, 0.5m, 24_000, 5), new UsualHour(1.5m, 20, 40_000), Evidence("rag"), "s 1", 10, At);

        Assert.Null(alert.FindProblem());
        Assert.Equal((AlertKind.Runaway, AlertSeverity.Critical, "/calls?range=custom&from=2026-11-26T11:18:23Z&to=2026-11-26T11:35:03Z&session=s%201"), (alert.Kind, alert.Severity, alert.Link));
        Assert.Equal(SpendScope.Of(ScopeDimension.Session, "s 1"), alert.Scope);
        Assert.Equal(
            ["kind loop", "by session", "cost 0.5", "perHour 15", "usualPerHour 1.5", "calls 12", "tokens 24000", "times 5", "since 2026-11-26T11:18:23.0000000+00:00", "unpricedCalls 2", "call a", "call b", "call c", "call d", "call e"],
            alert.Facts.Select(fact => $"{fact.Name} {fact.Value}"));
    }

    [Fact]
    public void Alert_OfWhatIsNewAndLong_CanBeRaised()
    {
        var value = new string('ü', SpendScope.MaxValueLength);
        var alert = RunawayAlerts.Of(new RunawayAlert(new RunawayScope(RunawayDimension.User, value), RunawayKind.Velocity, At, 12, 0.1m, 1, double.PositiveInfinity), null, Evidence(), value, 10, At);

        Assert.Null(alert.FindProblem());
        Assert.Equal(AlertSeverity.Warning, alert.Severity);
        Assert.DoesNotContain("user", alert.Link, StringComparison.Ordinal);
        Assert.DoesNotContain(alert.Facts, fact => fact.Name is RunawayAlerts.Times or RunawayAlerts.UsualPerHour);
    }

    /// <summary>Keys mean the incident; groups its cause.</summary>
    [Fact]
    public void Keys_OfTwoSessionsOfAFeature_Differ_AndTheirGroupDoesNot()
    {
        RunawayAlert Of(string session, RunawayKind kind) => new(new RunawayScope(RunawayDimension.Session, session), kind, At, 1, 1, 1, 1);

        Assert.NotEqual(RunawayAlerts.Key(Of("a", RunawayKind.Loop)), RunawayAlerts.Key(Of("b", RunawayKind.Loop)));
        Assert.NotEqual(RunawayAlerts.Key(Of("a", RunawayKind.Loop)), RunawayAlerts.Key(Of("a", RunawayKind.Stuck)));
        Assert.NotEqual(RunawayAlerts.Key(Of("a", RunawayKind.Loop)), RunawayAlerts.Key(Of("a", RunawayKind.Loop) with { At = At.AddMicroseconds(1) }));
        Assert.Equal(RunawayAlerts.GroupKey(Of("a", RunawayKind.Loop), Evidence("rag")), RunawayAlerts.GroupKey(Of("b", RunawayKind.Velocity), Evidence("rag")));
        Assert.NotEqual(RunawayAlerts.GroupKey(Of("a", RunawayKind.Loop), Evidence("rag")), RunawayAlerts.GroupKey(Of("a", RunawayKind.Loop), Evidence("chat")));
    }
}
