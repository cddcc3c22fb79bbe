using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Anomalies;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Alerts;

namespace FinOps.Web.Tests.Features;

public sealed class AnomalyTextsTests
{
    [Fact]
    public void Alert_OfUnusualSpend_SaysByHowMuchWhenAndWhatMoved()
    {
        var at = new DateTimeOffset(2026, 6, 1, 10, 0, 0, TimeSpan.Zero);
        var told = AnomalyAlerts.Of(
            new AnomalyIncident(at, at.AddHours(2), 90, 40, 7, [new(ScopeDimension.Feature, "rag", 60, 20, 0.8m), new(ScopeDimension.Team, "search", 80, 45, 0.7m)]), scope => scope.Value, 100, at.AddHours(2));
        var alert = new AlertEntry(
            new RecordedAlert
            {
                TenantId = Guid.Empty,
                Id = Guid.Empty,
                Key = told.Key,
                GroupKey = told.GroupKey,
                Kind = told.Kind,
                Severity = told.Severity,
                State = AlertState.Open,
                Subject = told.Subject,
                Scope = "",
                Facts = "",
                Link = told.Link,
                OpenedAt = at,
            },
            told.Scope, told.Facts, []);

        Assert.Equal("rag: $50.00 more than expected", AlertTexts.Title(alert));
        Assert.Equal("$90.00 in all, $40.00 expected · 1 Jun, 10:00 to 1 Jun, 12:00", AlertTexts.Facts(alert, TimeZoneInfo.Utc));
        Assert.Equal(["feature rag +$40.00 (80 %)", "team search +$35.00 (70 %)"], AnomalyTexts.Moved(alert));
    }
}
