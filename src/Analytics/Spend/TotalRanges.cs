namespace FinOps.Analytics.Spend;

/// <summary>The ranges behind the overview's tiles, and the estimates from them. Pure.</summary>
internal sealed record TotalRanges(
    TimeRange Today, TimeRange YesterdaySoFar, TimeRange ThisMonth, TimeRange LastMonthSoFar, TimeRange LastSevenDays, DateTimeOffset Now,
    DateTimeOffset NextMonth)
{
    /// <summary>A sender's clock may be ahead by this much (the ingest limit): such calls belong to today.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);

    public IReadOnlyList<TimeRange> All => [Today, YesterdaySoFar, ThisMonth, LastMonthSoFar, LastSevenDays];

    /// <summary>Every start and end, ascending: whole seconds, as far as ClickHouse tells raw rows apart here.</summary>
    public IReadOnlyList<DateTimeOffset> Cuts() => [.. All.SelectMany(range => (DateTimeOffset[])[range.From, range.To]).DistinctBy(cut => cut.UtcTicks).Order()];

    public static TotalRanges At(DateTimeOffset now, TimeZoneInfo zone)
    {
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        var instant = new TimeRange(now, now.AddTicks(1));
        var today = Periods.Of(instant, Granularity.Day, zone)[0];
        var month = Periods.Of(instant, Granularity.Month, zone)[0];
        var nextMonth = Periods.Of(new TimeRange(now, now.AddDays(40)), Granularity.Month, zone)[1];
        var yesterday = Periods.Of(new TimeRange(today.AddTicks(-1), today), Granularity.Day, zone)[0];
        var lastMonth = Periods.Of(new TimeRange(month.AddTicks(-1), month), Granularity.Month, zone)[0];
        var end = now + ClockSkew;
        return new TotalRanges(
            new TimeRange(today, end),
            new TimeRange(yesterday, Earlier(yesterday + (now - today), today)),
            new TimeRange(month, end),
            new TimeRange(lastMonth, Earlier(lastMonth + (now - month), month)),
            new TimeRange(now.AddDays(-7), now),
            now, nextMonth);
    }

    public TotalsAnswer Answer(
        SpendFigures today, SpendFigures yesterdaySoFar, SpendFigures thisMonth, SpendFigures lastMonthSoFar, SpendFigures lastSevenDays)
    {
        var perDay = lastSevenDays.Cost / 7;
        var days = (decimal)(NextMonth - ThisMonth.From).TotalDays;
        var left = (decimal)(NextMonth - Now).TotalDays;
        return new TotalsAnswer(
            today, yesterdaySoFar, thisMonth, lastMonthSoFar, lastSevenDays, decimal.Round(perDay * days, 12), decimal.Round(thisMonth.Cost + perDay * left, 12));
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
