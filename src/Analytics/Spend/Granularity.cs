using FinOps.Domain.Calendar;

namespace FinOps.Analytics.Spend;

/// <summary>The length of a period.</summary>
public enum Granularity
{
    /// <summary>The whole range is one period.</summary>
    Total,
    /// <summary>Not in the API: the finest that roll-ups can tell.</summary>
    FifteenMinutes,
    Hour,
    Day,
    /// <summary>From Monday on.</summary>
    Week,
    Month,
}

/// <summary>The periods of a range, cut in a time zone: 23 and 25 hour days, and hours of zones that lie between whole hours, come out right.</summary>
public static class Periods
{
    /// <summary>Most periods of one question: 416 days of hours.</summary>
    public const int MaxPeriods = 10_000;

    /// <summary>
    /// The starts of all periods that the range touches, ascending; the first may lie before the range. Each has the offset that the zone has then.
    /// </summary>
    public static IReadOnlyList<DateTimeOffset> Of(TimeRange range, Granularity granularity, TimeZoneInfo zone)
    {
        if (range.To <= range.From) return [];
        if (granularity == Granularity.Total) return [TimeZoneInfo.ConvertTime(range.From, zone)];
        var starts = new List<DateTimeOffset>();
        for (var start = StartOf(range.From, granularity, zone); start < range.To; start = Next(start, granularity, zone))
        {
            if (starts.Count == MaxPeriods) throw new TooManyPeriodsException(range, granularity);
            starts.Add(start);
        }

        return starts;
    }

    /// <summary>Whether a range has at most <see cref="MaxPeriods"/> periods.</summary>
    public static bool Fit(TimeRange range, Granularity granularity) => granularity switch
    {
        Granularity.FifteenMinutes => range.Length < MaxPeriods * TimeSpan.FromMinutes(15),
        Granularity.Hour => range.Length < (MaxPeriods - 2) * TimeSpan.FromHours(1),
        Granularity.Week => range.Length < (MaxPeriods - 2) * TimeSpan.FromDays(7),
        Granularity.Day => range.Length < (MaxPeriods - 2) * TimeSpan.FromDays(1),
        _ => true,
    };

    private static DateTimeOffset StartOf(DateTimeOffset instant, Granularity granularity, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(instant, zone);
        var start = granularity switch
        {
            Granularity.FifteenMinutes => local.AddTicks(-(local.Ticks % TimeSpan.FromMinutes(15).Ticks)),
            Granularity.Hour => local.AddTicks(-(local.Ticks % TimeSpan.TicksPerHour)),
            Granularity.Day => LocalDay.FirstInstant(local.Date, zone),
            Granularity.Week => LocalDay.FirstInstant(local.Date.AddDays(-(((int)local.DayOfWeek + 6) % 7)), zone),
            Granularity.Month => LocalDay.FirstInstant(new DateTime(local.Year, local.Month, 1), zone),
            _ => throw new ArgumentOutOfRangeException(nameof(granularity), granularity, null),
        };

        // An hour whose start fell to a change of the clock (half-hour changes exist) starts at that change.
        return TimeZoneInfo.ConvertTime(start, zone);
    }

    private static DateTimeOffset Next(DateTimeOffset start, Granularity granularity, TimeZoneInfo zone) => granularity switch
    {
        Granularity.FifteenMinutes => TimeZoneInfo.ConvertTime(start.AddMinutes(15), zone),
        Granularity.Hour => NextHour(start, zone),
        Granularity.Week => LocalDay.FirstInstant(start.Date.AddDays(7), zone),
        Granularity.Day => LocalDay.FirstInstant(start.Date.AddDays(1), zone),
        _ => LocalDay.FirstInstant(new DateTime(start.Year, start.Month, 1).AddMonths(1), zone),
    };

    /// <summary>The next instant at which the local clock shows a full hour.</summary>
    private static DateTimeOffset NextHour(DateTimeOffset start, TimeZoneInfo zone)
    {
        for (var quarters = 1; quarters < 8; quarters++)
        {
            var candidate = TimeZoneInfo.ConvertTime(start.AddMinutes(15 * quarters), zone);
            if (candidate.Minute == 0) return candidate;
        }

        return TimeZoneInfo.ConvertTime(start.AddHours(1), zone);
    }
}

/// <summary>The caller asked for more periods than <see cref="Periods.MaxPeriods"/>; <see cref="Periods.Fit"/> tells beforehand.</summary>
public sealed class TooManyPeriodsException(TimeRange range, Granularity granularity)
    : Exception($"{range.From:O} to {range.To:O} has more than {Periods.MaxPeriods} periods of granularity {granularity}.");
