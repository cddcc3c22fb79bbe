using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>The tiles of the overview, at one instant, with days and months cut in a time zone.</summary>
public sealed record TotalsQuestion(ReadScope Scope, DateTimeOffset Now)
{
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public SpendFilter Filter { get; init; } = SpendFilter.None;
}

/// <param name="Today">From local midnight.</param>
/// <param name="YesterdaySoFar">Yesterday up to the same time of day.</param>
/// <param name="ThisMonth">From the first of the month.</param>
/// <param name="LastMonthSoFar">The last month up to the same day and time (its end, where it is shorter).</param>
/// <param name="LastSevenDays">The 7 × 24 hours before now.</param>
/// <param name="RunRatePerMonth">The cost of the last seven days for each day, times the days of this month: an estimate.</param>
/// <param name="ProjectedMonth">This month's cost so far, and the rest of it at the rate of the last seven days: an estimate.</param>
public sealed record TotalsAnswer(
    SpendFigures Today, SpendFigures YesterdaySoFar, SpendFigures ThisMonth, SpendFigures LastMonthSoFar, SpendFigures LastSevenDays,
    decimal RunRatePerMonth, decimal ProjectedMonth);
