using FinOps.Domain.Calendar;

namespace FinOps.Domain.Budgets;

/// <summary>How long a budget's period is. The names are stored and part of the API.</summary>
public enum BudgetCycle
{
    Day,

    /// <summary>From Monday on.</summary>
    Week,
    Month,

    /// <summary>From January, April, July and October on.</summary>
    Quarter,
}

/// <summary>One period of a budget, half-open. Its ends are midnights of the budget's time zone, so that days of 23 and 25 hours come out right.</summary>
public readonly record struct BudgetPeriod(DateTimeOffset Start, DateTimeOffset End)
{
    public TimeSpan Length => End - Start;

    /// <summary>The period that an instant lies in.</summary>
    public static BudgetPeriod Of(DateTimeOffset instant, BudgetCycle cycle, TimeZoneInfo zone)
    {
        var first = FirstDay(TimeZoneInfo.ConvertTime(instant, zone).Date, cycle);
        // Where midnight is shown twice the second one's hour belongs to the day that began with the first.
        if (LocalDay.FirstInstant(first, zone) > instant) first = Before(first, cycle);
        return Between(first, cycle, zone);
    }

    public BudgetPeriod Previous(BudgetCycle cycle, TimeZoneInfo zone) => Of(Start.AddTicks(-1), cycle, zone);

    public BudgetPeriod Next(BudgetCycle cycle, TimeZoneInfo zone) => Of(End, cycle, zone);

    public bool Contains(DateTimeOffset instant) => instant >= Start && instant < End;

    /// <summary>How much of it is over, 0 to 1.</summary>
    public decimal Elapsed(DateTimeOffset now) => now <= Start ? 0 : now >= End ? 1 : (decimal)(now - Start).Ticks / Length.Ticks;

    private static BudgetPeriod Between(DateTime first, BudgetCycle cycle, TimeZoneInfo zone) =>
        new(LocalDay.FirstInstant(first, zone), LocalDay.FirstInstant(After(first, cycle), zone));

    private static DateTime FirstDay(DateTime day, BudgetCycle cycle) => cycle switch
    {
        BudgetCycle.Day => day,
        BudgetCycle.Week => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        BudgetCycle.Month => new DateTime(day.Year, day.Month, 1),
        BudgetCycle.Quarter => new DateTime(day.Year, (day.Month - 1) / 3 * 3 + 1, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(cycle), cycle, null),
    };

    private static DateTime After(DateTime first, BudgetCycle cycle) => cycle switch
    {
        BudgetCycle.Day => first.AddDays(1),
        BudgetCycle.Week => first.AddDays(7),
        BudgetCycle.Month => first.AddMonths(1),
        _ => first.AddMonths(3),
    };

    private static DateTime Before(DateTime first, BudgetCycle cycle) => FirstDay(first.AddDays(-1), cycle);
}
