namespace FinOps.Domain.Budgets;

/// <summary>
/// What a period of a budget ends with, as it was foretold on one of its days from the whole days before that (<see cref="Forecasting.SpendForecast"/>). Amounts are in the budget's currency, calls without a price at their ceiling. Pure.
/// </summary>
/// <param name="DayEnd">When the day on which it was made is over.</param>
/// <param name="Until">From then on it says nothing any more. The day after its own is among what it says: it is renewed each day, and not at midnight for all at once.</param>
/// <param name="ByDayEnd">What is spent of the period by <paramref name="DayEnd"/>.</param>
/// <param name="ByUntil">What is spent of it by <paramref name="Until"/>.</param>
/// <param name="Point">What is spent at its end.</param>
/// <param name="Low">Where the 80 % interval begins.</param>
/// <param name="High">Where it ends.</param>
public sealed record BudgetForecast(DateTimeOffset DayEnd, DateTimeOffset Until, decimal ByDayEnd, decimal ByUntil, decimal Point, decimal Low, decimal High)
{
    /// <summary>The same with what is known since: a day that costs more than was foretold for it is not undone by its evening. Null where it says nothing any more.</summary>
    /// <param name="spent">Of the period until now.</param>
    /// <param name="now">The present.</param>
    /// <param name="dayElapsed">Of a period of one day the share that is over, 0 to 1: what is spent faster than that is added, for the rest of the day comes, too. Null of longer ones, where a day's course is little.</param>
    public (decimal Point, decimal Low, decimal High)? At(decimal spent, DateTimeOffset now, decimal? dayElapsed = null)
    {
        if (now >= Until) return null;
        var foretold = dayElapsed is { } elapsed ? decimal.Round(Point * elapsed, 12) : now < DayEnd ? ByDayEnd : ByUntil;
        var more = Math.Max(0, spent - foretold);
        return (Math.Max(spent, Point + more), Math.Max(spent, Low + more), High + more);
    }
}
