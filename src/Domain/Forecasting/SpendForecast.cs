namespace FinOps.Domain.Forecasting;

/// <summary>What a period will cost at its end.</summary>
/// <param name="Spent">What its days so far did cost: exact.</param>
/// <param name="Point">What it will be in all; <paramref name="Spent"/> once no day is left.</param>
/// <param name="Low">Where the 80 % interval begins; never below <paramref name="Spent"/>.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Days">What each day still to come will cost.</param>
/// <param name="BackTest">How right such forecasts were in this very history; null where it is too short to tell.</param>
public sealed record SpendForecast(decimal Spent, decimal Point, decimal Low, decimal High, IReadOnlyList<decimal> Days, BackTest? BackTest)
{
    /// <summary>The share of cases that the interval is made to hold.</summary>
    public const double Confidence = 0.8;

    /// <summary>Whole days of history from which anything is told. Default 7.</summary>
    public const int MinDays = 7;

    /// <summary>The most recent days that are looked at; older ones are left out. Default 182.</summary>
    public const int MaxDays = 182;

    /// <summary>The furthest end. Default 100 days: a quarter.</summary>
    public const int MaxAhead = 100;

    private const int CostDecimals = 4;

    /// <summary>Forecasts a period from whole days in one currency.</summary>
    /// <param name="days">What each day cost, the oldest first, none left out; the last is yesterday.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="periodBegin">The first day of the period; those before it are history alone.</param>
    /// <param name="periodEnd">Its last day.</param>
    /// <returns>Null with fewer than <see cref="MinDays"/> days.</returns>
    /// <exception cref="ArgumentException">The period begins after the day that follows the history, ends before it begins, or more than <see cref="MaxAhead"/> days ahead.</exception>
    public static SpendForecast? Of(IReadOnlyList<decimal> days, DateOnly first, DateOnly periodBegin, DateOnly periodEnd)
    {
        var next = first.AddDays(days.Count);
        if (periodEnd < periodBegin) throw new ArgumentException($"The period ends on {periodEnd:O}, before it begins on {periodBegin:O}.", nameof(periodEnd));
        if (periodBegin > next) throw new ArgumentException($"The period begins on {periodBegin:O}; the history ends before {next:O} already.", nameof(periodBegin));
        var ahead = Math.Max(0, periodEnd.DayNumber - next.DayNumber + 1);
        if (ahead > MaxAhead) throw new ArgumentException($"The period ends {ahead} days ahead; at most {MaxAhead} are told.", nameof(periodEnd));
        if (days.Count < MinDays) return null;

        var spent = days.Where((_, i) => first.AddDays(i) >= periodBegin && first.AddDays(i) <= periodEnd).Sum();
        var skipped = Math.Max(0, days.Count - MaxDays);
        var history = days.Skip(skipped).Select(day => (double)day).ToArray();
        var weekday = (int)first.AddDays(skipped).DayOfWeek;

        var model = new SpendModel(history, weekday);
        var replay = new Replay(history, weekday);
        decimal[] told = [.. Enumerable.Range(1, ahead).Select(day => Money(model.Day(day)))];
        var point = spent + told.Sum();
        var halfWidth = Money(replay.Width(history.Length) * model.Deviation(ahead));
        return new SpendForecast(spent, point, Math.Max(spent, point - halfWidth), point + halfWidth, told, replay.Result());
    }

    private static decimal Money(double value) => decimal.Round((decimal)value, CostDecimals);
}
