using System.Globalization;
using CsCheck;
using FinOps.Analytics.Spend;

namespace FinOps.Analytics.Tests.Spend;

public sealed class PeriodsTests
{
    private static readonly string[] Zones =
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo"];

    [Fact]
    public void Days_WhereTheClockJumps_Have23And25Hours()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

        var spring = Periods.Of(Range("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"), Granularity.Hour, zone);
        var autumn = Periods.Of(Range("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"), Granularity.Hour, zone);
        var days = Periods.Of(Range("2026-03-28T12:00:00Z", "2026-03-31T00:00:00Z"), Granularity.Day, zone);

        Assert.Equal(23, spring.Count);
        Assert.Equal(25, autumn.Count);
        Assert.Equal(
            ["2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"],
            days.Select(day => day.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Months_OfAZone_StartAtItsMidnight()
    {
        var months = Periods.Of(Range("2026-10-15T00:00:00Z", "2026-12-01T05:00:00Z"), Granularity.Month, TimeZoneInfo.FindSystemTimeZoneById("America/New_York"));

        Assert.Equal(["2026-10-01T04:00:00", "2026-11-01T04:00:00"], months.Select(month => month.UtcDateTime.ToString("s", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Periods_OfAnyRangeAndZone_CoverItWithoutGapOrOverlap() =>
        Gen.Select(Gen.Int[1_700_000_000, 1_800_000_000], Gen.Int[1, 40 * 86_400], Gen.Int[0, Zones.Length - 1].Select(i => Zones[i]), Gen.Enum<Granularity>().Where(g => g >= Granularity.Hour))
            .Sample((from, seconds, name, granularity) =>
            {
                var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
                var range = new TimeRange(DateTimeOffset.FromUnixTimeSeconds(from), DateTimeOffset.FromUnixTimeSeconds(from + seconds));
                var periods = Periods.Of(range, granularity, zone);

                Assert.True(periods[0] <= range.From);
                Assert.True(periods[^1] < range.To);
                if (periods.Count > 1) Assert.True(periods[1] > range.From);
                for (var i = 1; i < periods.Count; i++) Assert.True(periods[i] > periods[i - 1]);
                Assert.All(periods, period => Assert.Equal(zone.GetUtcOffset(period), period.Offset));
                Assert.All(periods, period => Assert.Equal(0, period.ToUnixTimeSeconds() % 900));
                if (granularity != Granularity.Hour) Assert.All(periods, period => Assert.True(period.Hour <= 1));
            });

    [Fact]
    public void Periods_BeyondTheLimit_AreRefused()
    {
        var range = Range("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z");

        Assert.False(Periods.Fit(range, Granularity.Hour));
        Assert.Throws<TooManyPeriodsException>(() => Periods.Of(range, Granularity.Hour, TimeZoneInfo.Utc));
        Assert.True(Periods.Fit(range, Granularity.Day));
    }

    [Fact]
    public void Totals_InsideAMonth_CompareTheSameStretch()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var ranges = TotalRanges.At(Instant("2026-03-31T10:00:00Z"), zone);

        Assert.Equal(Instant("2026-03-30T22:00:00Z"), ranges.Today.From);
        Assert.Equal(Range("2026-03-29T22:00:00Z", "2026-03-30T10:00:00Z"), ranges.YesterdaySoFar);
        Assert.Equal(Instant("2026-02-28T23:00:00Z"), ranges.ThisMonth.From);
        // February ends before its 31st: all of it.
        Assert.Equal(Range("2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"), ranges.LastMonthSoFar);
    }

    internal static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.None);

    internal static TimeRange Range(string from, string to) => new(Instant(from), Instant(to));
}
