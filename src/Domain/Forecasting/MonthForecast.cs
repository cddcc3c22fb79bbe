namespace FinOps.Domain.Forecasting;

/// <summary>By what the end of a month is foretold. The names are part of the API.</summary>
public enum ForecastMethod
{
    /// <summary>Too little is known.</summary>
    None,

    /// <summary>What was spent, divided by the share of the month that is over: the history is too short for habits. It has no interval.</summary>
    StraightLine,

    /// <summary><see cref="SpendForecast"/> of the days.</summary>
    Model,
}

/// <summary>What the month that is going on will cost at its end.</summary>
/// <param name="Begin">Its first day.</param>
/// <param name="End">Its last day.</param>
/// <param name="Spent">Until now, today included.</param>
/// <param name="Point">What it will be in all; null where nothing can be told.</param>
/// <param name="Low">Where the 80 % interval begins, never below <paramref name="Spent"/>; null without one.</param>
/// <param name="High">Where it ends; null without one.</param>
/// <param name="Days">What today and each day after it will cost; empty without a model.</param>
/// <param name="HistoryDays">Whole days that were known, from the first one with spend on.</param>
/// <param name="BackTest">How right such forecasts were in this very history; null where it is too short to tell.</param>
public sealed record MonthForecast(
    ForecastMethod Method, DateOnly Begin, DateOnly End, decimal Spent, decimal? Point, decimal? Low, decimal? High, IReadOnlyList<decimal> Days, int HistoryDays, BackTest? BackTest)
{
    /// <summary>How much of a month must be over before a straight line is drawn. Default a tenth.</summary>
    public const decimal LeastElapsed = 0.1m;

    /// <param name="days">What each whole day cost in one currency, the oldest first, none left out; the last is yesterday. Days before the first one with spend say nothing.</param>
    /// <param name="today">The day that follows them.</param>
    /// <param name="todaySoFar">What it cost until now.</param>
    /// <param name="elapsed">The share of the month that is over, 0 to 1.</param>
    public static MonthForecast Of(IReadOnlyList<decimal> days, DateOnly today, decimal todaySoFar, decimal elapsed)
    {
        var (begin, end) = (new DateOnly(today.Year, today.Month, 1), new DateOnly(today.Year, today.Month, DateTime.DaysInMonth(today.Year, today.Month)));
        decimal[] history = [.. days.SkipWhile(day => day == 0)];
        var spent = history.TakeLast(Math.Min(history.Length, today.Day - 1)).Sum() + todaySoFar;
        if (SpendForecast.Of(history, today.AddDays(-history.Length), begin, end) is not { } forecast)
        {
            decimal? line = elapsed >= LeastElapsed && spent > 0 ? decimal.Round(spent / Math.Min(1, elapsed), 4) : null;
            return new MonthForecast(line is null ? ForecastMethod.None : ForecastMethod.StraightLine, begin, end, spent, line, null, null, [], history.Length, null);
        }

        // A day that costs more than was foretold before it is over is not undone by its evening.
        var more = Math.Max(0, todaySoFar - forecast.Days[0]);
        return new MonthForecast(
            ForecastMethod.Model, begin, end, spent, forecast.Point + more, Math.Max(spent, forecast.Low + more), forecast.High + more, [forecast.Days[0] + more, .. forecast.Days.Skip(1)], history.Length, forecast.BackTest);
    }
}
