using FinOps.Domain.Budgets;
using FinOps.Domain.Calendar;

namespace FinOps.Domain.Digests;

/// <summary>How much time a digest sums up. The names are stored and part of the API.</summary>
public enum DigestKind
{
    /// <summary>From Monday to Sunday.</summary>
    Weekly,
    Monthly,
}

/// <summary>What one digest sums up, and when it is told. Its ends are midnights of the member's time zone.</summary>
/// <param name="Kind">Week or month.</param>
/// <param name="Start">The first instant.</param>
/// <param name="End">The first one behind it.</param>
/// <param name="Before">Where the period begins that it is compared with; that ends with <paramref name="Start"/>.</param>
/// <param name="DueAt">The morning on which it is told.</param>
public sealed record DigestPeriod(DigestKind Kind, DateTimeOffset Start, DateTimeOffset End, DateTimeOffset Before, DateTimeOffset DueAt)
{
    /// <summary>The day on which it is told, Monday or the first of the month. It means the period, in whatever zone: who moves to another one gets no second digest of the same week.</summary>
    public DateOnly ToldOn => DateOnly.FromDateTime(End.DateTime);

    /// <summary>The latest period that is over and told by now.</summary>
    /// <param name="now">The present.</param>
    /// <param name="kind">Week or month.</param>
    /// <param name="zone">Of the member.</param>
    /// <param name="hour">Of the day after the period, 0 to 23.</param>
    public static DigestPeriod LatestDue(DateTimeOffset now, DigestKind kind, TimeZoneInfo zone, int hour)
    {
        var cycle = kind == DigestKind.Weekly ? BudgetCycle.Week : BudgetCycle.Month;
        var period = BudgetPeriod.Of(now, cycle, zone).Previous(cycle, zone);
        if (DueOf(period) > now) period = period.Previous(cycle, zone);
        return new DigestPeriod(kind, period.Start, period.End, period.Previous(cycle, zone).Start, DueOf(period));

        DateTimeOffset DueOf(BudgetPeriod one) => LocalDay.At(one.End.DateTime, new TimeOnly(hour, 0), zone);
    }
}
