using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Runaway;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Alerts;

namespace FinOps.Web.Tests.Features;

public sealed class RunawayTextsTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 26, 11, 20, 0, TimeSpan.Zero);

    [Fact]
    public void Alert_OfALoop_SaysInOneLineWhatItCostsAndSinceWhen()
    {
        var alert = Entry(RunawayKind.Loop, 5, new UsualHour(1.5m, 20, 40_000));

        Assert.Equal("agent-7: asks the same again and again", AlertTexts.Title(alert));
        Assert.Equal("$15.00 an hour, usually $1.50 · 12 calls for $0.50 in two minutes · 5 repeats · 2 calls without a price · since 26 Nov, 11:18", AlertTexts.Facts(alert, TimeZoneInfo.Utc));
        Assert.Equal(["id"], RunawayTexts.Calls(alert));
    }

    [Fact]
    public void Alert_OfWhatIsNew_SaysThatNothingIsUsual()
    {
        var alert = Entry(RunawayKind.Velocity, double.PositiveInfinity, null);

        Assert.Equal("agent-7: spends far faster than usual", AlertTexts.Title(alert));
        Assert.StartsWith("$15.00 an hour, nothing is usual yet · 12 calls for", AlertTexts.Facts(alert, TimeZoneInfo.Utc), StringComparison.Ordinal);
        Assert.DoesNotContain("times", AlertTexts.Facts(alert, TimeZoneInfo.Utc), StringComparison.Ordinal);
    }

    private static AlertEntry Entry(RunawayKind kind, double times, UsualHour? usual)
    {
        var alert = RunawayAlerts.Of(
            new RunawayAlert(new RunawayScope(RunawayDimension.Session, "agent-7"), kind, At, 12, 0.5m, 24_000, times), usual, new RunawayEvidence(At.AddSeconds(-100), 2, ["id"], "", "", "", ""), "agent-7", 10, At);
        var row = new RecordedAlert
        {
            TenantId = Guid.Empty,
            Id = Guid.Empty,
            Key = alert.Key,
            GroupKey = alert.GroupKey,
            Kind = alert.Kind,
            Severity = alert.Severity,
            State = AlertState.Open,
            Subject = alert.Subject,
            Scope = "",
            Facts = "",
            Link = alert.Link,
            OpenedAt = At,
        };
        return new AlertEntry(row, alert.Scope, alert.Facts, []);
    }
}
