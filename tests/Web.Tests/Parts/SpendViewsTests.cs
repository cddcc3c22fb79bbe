using FinOps.Analytics.Spend;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class SpendViewsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 20, 0, TimeSpan.Zero);

    /// <summary>Plotly draws categories of one name as one bar.</summary>
    [Theory]
    [InlineData("24h", "UTC", "2026-11-22T16:37:00Z")]
    [InlineData("today", "Europe/Berlin", "2026-10-25T12:00:00Z")]
    [InlineData("30d", "America/New_York", "2026-11-22T16:37:00Z")]
    public void PeriodLabels_OfAnyRange_AreAllDifferent(string range, string zoneName, string now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var (from, to) = new RangeChoice(range).Resolve(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), zone);
        var shown = new TimeRange(from, to);
        var granularity = SpendViews.ChartGranularity(shown);
        var periods = Periods.Of(shown, granularity, zone);
        Assert.Equal(periods.Count, SpendViews.PeriodLabels(periods, granularity).Distinct().Count());
    }

    [Fact]
    public void RangeOf_DraggedPeriods_EndsWhereTheNextBegins()
    {
        var shown = new TimeRange(Noon, Noon.AddHours(5));
        var hours = Periods.Of(shown, Granularity.Hour, TimeZoneInfo.Utc);
        var chosen = SpendViews.RangeOf(hours, shown, 1, 2);
        Assert.Equal(Noon.AddMinutes(40), chosen.From);
        Assert.Equal(Noon.AddMinutes(160), chosen.To);
    }

    [Fact]
    public void RangeOf_AllPeriods_IsNotMoreThanWasShown()
    {
        var shown = new TimeRange(Noon, Noon.AddHours(5));
        var hours = Periods.Of(shown, Granularity.Hour, TimeZoneInfo.Utc);
        Assert.Equal(new RangeChoice(RangeChoice.Custom, shown.From, shown.To), SpendViews.RangeOf(hours, shown, 0, hours.Count - 1));
    }

    [Fact]
    public void Bars_OtherAndUntagged_AreTwoMembers()
    {
        var split = new SplitAnswer([Noon], [new SplitSeries("", default, [default]), new SplitSeries(null, default, [default])]);
        Assert.Equal([("", "not tagged"), (null, "other")], SpendViews.Bars(split).Select(bar => ((string?)bar.Key, bar.Label)));
    }
}
