using FinOps.Domain.Alerts;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Alerts;

public sealed class AlertTests
{
    private static readonly Alert Runaway = new(AlertKind.Runaway, AlertSeverity.Critical, "runaway/user/u-1/2026-11-26T08:00Z", "runaway/user/u-1", "u-1", DateTimeOffset.UnixEpoch)
    {
        Scope = SpendScope.Of(ScopeDimension.User, "u-1"),
        Facts = [AlertFact.OfMoney("spent", 12.50m, "USD"), AlertFact.OfShare("increase", 14.2m), AlertFact.OfInstant("since", DateTimeOffset.UnixEpoch)],
        Link = "/explore?user=u-1",
    };

    [Fact]
    public void Facts_OfEachKind_AreReadAsTheyWereTold()
    {
        Assert.Null(Runaway.FindProblem());
        Assert.Equal("12.5", Runaway.Facts[0].Value);
        Assert.Equal([12.5m, 14.2m, null], Runaway.Facts.Select(fact => fact.Number));
        Assert.Equal(DateTimeOffset.UnixEpoch, Runaway.Facts[2].Instant);
    }

    [Theory]
    [InlineData("https://example.test/")]
    [InlineData("//example.test/")]
    public void FindProblem_LinkElsewhere_IsRefused(string link) => Assert.NotNull((Runaway with { Link = link }).FindProblem());

    [Fact]
    public void Scope_Normalised_IsTheSameForTheSameCalls()
    {
        var one = SpendScope.Of(ScopeDimension.User, "b", "a", "a").And(ScopeDimension.Feature, "x").Normalised();
        Assert.Equal(SpendScope.Of(ScopeDimension.Feature, "x").And(ScopeDimension.User, "a", "b"), one);
    }
}
