using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Alerts;

namespace FinOps.Web.Tests.Features;

public sealed class AgentAlertTextsTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 26, 11, 20, 0, TimeSpan.Zero);

    [Fact]
    public void ARefusal_SaysWhyAndWhatGoesOn()
    {
        var alert = Entry(AgentAlerts.Refused(Guid.Empty, "edge-1", 5, new Acknowledgement(6, "invalid", [new PolicyError("$.policies[0]", "odd.", "mend it.")]), At));

        Assert.Equal("edge-1 refused its policies", AlertTexts.Title(alert));
        Assert.Equal("it does not know what to do with it · bundle 6 · goes on with bundle 5 · $.policies[0]: odd. mend it.", AlertTexts.Facts(alert, TimeZoneInfo.Utc));
        Assert.Equal("a gateway", AlertTexts.Scope(alert));
    }

    [Fact]
    public void ASilence_SaysSinceWhen()
    {
        var alert = Entry(AgentAlerts.Away(Guid.Empty, "edge-1", 0, At.AddMinutes(-16), At));

        Assert.Equal("edge-1 is not heard of", AlertTexts.Title(alert));
        Assert.Equal("last heard of 26 Nov, 11:04 · obeys no policies", AlertTexts.Facts(alert, TimeZoneInfo.Utc));
    }

    private static AlertEntry Entry(Alert alert) => new(
        new RecordedAlert
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
            OpenedAt = alert.OpenedAt,
        },
        SpendScope.Everything, alert.Facts, []);
}
