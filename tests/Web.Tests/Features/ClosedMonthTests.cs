using FinOps.Analytics.Bills;
using FinOps.Analytics.Spend;
using FinOps.Web.Api;
using FinOps.Web.Features.Overview;

namespace FinOps.Web.Tests.Features;

public sealed class ClosedMonthTests
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);

    private static ClosedMonth Closed(decimal corrections) => new()
    {
        TenantId = Guid.NewGuid(),
        Id = Guid.NewGuid(),
        Month = new DateOnly(2026, 10, 1),
        State = MonthState.Closed,
        RequestedAt = October.AddMonths(1),
        RequestedBy = "ada",
        ClosedAt = October.AddDays(33),
        Cost = 10m,
        Corrections = corrections,
    };

    [Theory]
    [InlineData("0.12", "+$0.12")]
    [InlineData("-0.12", "-$0.12")]
    [InlineData("0", "unchanged")]
    public void Overview_OfAClosedMonth_SaysWhatChangedSince(string corrections, string expected) =>
        Assert.StartsWith(expected, OverviewPage.ClosedSince(Closed(decimal.Parse(corrections, System.Globalization.CultureInfo.InvariantCulture))).Replace('\u2212', '-'), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 31, true)]
    [InlineData(0, 30, false)]
    [InlineData(1, 40, false)]
    [InlineData(-20, 60, true)]
    public void CostApi_OfAClosedMonth_TellsItAsClosedAndNow(int from, int to, bool isWhole)
    {
        var told = ClosedMonthResponse.Of(Closed(-0.12m), new TimeRange(October.AddDays(from), October.AddDays(to)));

        Assert.Equal(("2026-10", 10m, -0.12m, 9.88m, isWhole, October.AddDays(33)), (told.Month, told.Closed, told.Corrections, told.Current, told.IsWhole, told.ClosedAt));
    }
}
