namespace FinOps.Domain.Forecasting;

/// <summary>
/// What the days after a history of days will cost: the mean of three plain rules that are wrong in different ways (a smoothed level, a level with a trend that fades out, the mean of the last weeks' same weekday), each times the
/// habit of the weekday. Combinations of plain rules are what wins forecasting competitions (Makridakis, Spiliotis, Assimakopoulos, "The M4 Competition", 2020).
/// </summary>
internal sealed class SpendModel
{
    private const int Week = 7;

    /// <summary>The habit of a weekday is told from this many days. Default 8 weeks.</summary>
    private const int SeasonDays = 56;

    /// <summary>Same weekdays whose mean is the third rule. Default 4.</summary>
    private const int RecentWeeks = 4;

    /// <summary>A day above this many times what is usual for its weekday counts as that many while habits are learned. Default 4.</summary>
    private const double MostTimesUsual = 4;

    /// <summary>A day above this many times the days around it is a runaway: it was spent, and says little of the next. Default 3.</summary>
    private const double RunawayTimes = 3;

    /// <summary>How many times the days around it such a day counts. Default 1.5.</summary>
    private const double RunawayCounts = 1.5;

    /// <summary>Days in which a new level is looked for, from the end. Default 28: what is older the rules have learned.</summary>
    private const int ShiftDays = 28;

    /// <summary>Days of the level before a shift. Default 14.</summary>
    private const int BeforeShift = 14;

    /// <summary>Days of a new level from which it is believed. Default 2.</summary>
    private const int AfterShift = 2;

    /// <summary>By how much levels must differ, in logarithms. Default 0.2: by a fifth.</summary>
    private const double LeastShift = 0.2;

    /// <summary>How many times the spread of the days before. Default 4.</summary>
    private const double ShiftSpreads = 4;

    /// <summary>The least spread that days are believed to have, in logarithms. Default 0.03.</summary>
    private const double LeastSpread = 0.03;

    /// <summary>The standard deviation of a day, of the level, that is believed at least. Default 0.1: a short history that was calm has not seen much.</summary>
    private const double LeastDeviation = 0.1;

    /// <summary>What arithmetic leaves of nothing, of the level.</summary>
    private const double Rounding = 1e-9;

    /// <summary>A median absolute deviation times this is the standard deviation of a normal distribution.</summary>
    private const double NormalSpread = 1.4826;

    /// <summary>What is left of a trend from day to day. Default 0.9.</summary>
    private const double TrendKept = 0.9;

    /// <summary>How fast a trend is learned, of how fast the level is. Default 0.3.</summary>
    private const double TrendShare = 0.3;

    /// <summary>How many visits of a weekday count as much as that it is like any day. Default 0.2: few, since weekends differ much and soon.</summary>
    private const double AnyDayVisits = 0.2;

    private static readonly double[] LevelSteps = [0.05, 0.1, 0.2, 0.35, 0.5];

    private readonly double[] _weekday;
    private readonly double[] _recent;
    private readonly int _next;
    private readonly double _step;
    private readonly double _smooth;
    private readonly double _level;
    private readonly double _trend;
    private readonly double _deviation;

    /// <param name="days">Each a whole day, the oldest first.</param>
    /// <param name="firstWeekday">Of the first one.</param>
    public SpendModel(ReadOnlySpan<double> days, int firstWeekday)
    {
        _next = (firstWeekday + days.Length) % Week;
        var calm = WithoutRunaways(days, firstWeekday);
        BringToNewLevel(calm, firstWeekday);
        (_weekday, _recent) = Season(calm, firstWeekday);
        var plain = Plain(calm, _weekday, firstWeekday);

        (_step, _deviation, _smooth) = LevelSteps.Select(step => (Step: step, Run: Smooth(plain, step))).OrderBy(one => one.Run.Deviation).Select(one => (one.Step, one.Run.Deviation, one.Run.Level)).First();
        (_level, _trend) = SmoothWithTrend(plain, _step);
    }

    /// <summary>What the day so many days ahead will cost; 1 = the first after the history. Never below 0.</summary>
    public double Day(int ahead)
    {
        var weekday = Weekday(ahead);
        var fading = _trend * TrendKept * (1 - Math.Pow(TrendKept, ahead)) / (1 - TrendKept);
        return Math.Max(0, (((_smooth + Math.Max(0, _level + fading)) * _weekday[weekday]) + _recent[weekday]) / 3);
    }

    /// <summary>One standard deviation of the sum of the next days, as far as the rules themselves tell: each day's noise, and that of a level which drifts.</summary>
    public double Deviation(int days)
    {
        double sum = 0;
        for (var ahead = 1; ahead <= days; ahead++)
        {
            var share = _weekday[Weekday(ahead)] * (1 + (_step * (days - ahead)));
            sum += share * share;
        }

        // What costs the same to the last digit every day is a fee.
        return _deviation <= Rounding * _smooth ? 0 : Math.Max(_deviation, LeastDeviation * _smooth) * Math.Sqrt(sum);
    }

    private int Weekday(int ahead) => (_next + ahead - 1) % Week;

    /// <summary>The days without the habits of their weekdays.</summary>
    private static double[] Plain(double[] days, double[] weekday, int firstWeekday)
    {
        var plain = new double[days.Length];
        for (var i = 0; i < plain.Length; i++) plain[i] = days[i] / weekday[(firstWeekday + i) % Week];
        return plain;
    }

    private static double[] WithoutRunaways(ReadOnlySpan<double> days, int firstWeekday)
    {
        var calm = days.ToArray();
        var weekday = Season(Tame(days, firstWeekday), firstWeekday).Factors;
        var plain = Plain(calm, weekday, firstWeekday);
        for (var i = 0; i < calm.Length; i++)
        {
            var from = Math.Max(0, Math.Min(i - (Week / 2), plain.Length - Week));
            var around = Median(plain[from..Math.Min(plain.Length, from + Week)]);
            if (around > 0 && plain[i] > RunawayTimes * around) calm[i] = RunawayCounts * around * weekday[(firstWeekday + i) % Week];
        }

        return calm;
    }

    /// <summary>Where the level changed from one day to the next, as when calls go to another model, what was before is brought to the level after: its weekdays still tell, its height does not.</summary>
    private static void BringToNewLevel(double[] days, int firstWeekday)
    {
        var plain = Plain(days, Season(days, firstWeekday).Factors, firstWeekday);
        if (FindShift(plain) is not { } shift) return;
        var ratio = Median(plain[shift..Math.Min(plain.Length, shift + BeforeShift)]) / Median(plain[Math.Max(0, shift - BeforeShift)..shift]);
        for (var i = 0; i < shift; i++) days[i] *= ratio;
    }

    /// <summary>The first day of the clearest new level: all days after it lie beyond the middle between the levels, and the levels differ by far more than the days before among themselves. Null where there is none.</summary>
    private static int? FindShift(double[] plain)
    {
        var (found, clearest) = ((int?)null, 0.0);
        for (var day = Math.Max(Week, plain.Length - ShiftDays); day <= plain.Length - AfterShift; day++)
        {
            double[] before = [.. plain[Math.Max(0, day - BeforeShift)..day].Where(one => one > 0).Select(one => Math.Log(one))];
            double[] after = [.. plain[day..Math.Min(plain.Length, day + Week)].Where(one => one > 0).Select(one => Math.Log(one))];
            if (before.Length < Week || after.Length < AfterShift) continue;
            var level = Median(before);
            var step = Median(after) - level;
            var spread = Math.Max(LeastSpread, NormalSpread * Median([.. before.Select(one => Math.Abs(one - level))]));
            if (Math.Abs(step) < LeastShift || Math.Abs(step) < ShiftSpreads * spread) continue;
            if (after.Any(one => (one - level) * Math.Sign(step) < Math.Abs(step) / 2) || Math.Abs(before[^1] - level) >= Math.Abs(step) / 2) continue;
            var clear = Math.Abs(step) / spread * Math.Sqrt(after.Length);
            if (clear <= clearest) continue;
            (found, clearest) = (day, clear);
        }

        return found;
    }

    private static double[] Tame(ReadOnlySpan<double> days, int firstWeekday)
    {
        var tamed = days.ToArray();
        var usual = Median(tamed);
        for (var weekday = 0; weekday < Week; weekday++)
        {
            var same = Enumerable.Range(0, tamed.Length).Where(i => (firstWeekday + i) % Week == weekday).ToArray();
            var most = MostTimesUsual * (same.Length < 3 ? usual : Median([.. same.Select(i => tamed[i])]));
            if (most <= 0) continue;
            foreach (var i in same) tamed[i] = Math.Min(tamed[i], most);
        }

        return tamed;
    }

    private static (double[] Factors, double[] Recent) Season(double[] days, int firstWeekday)
    {
        var (sums, visits, recent) = (new double[Week], new int[Week], new double[Week]);
        var from = Math.Max(0, days.Length - SeasonDays);
        for (var i = from; i < days.Length; i++)
        {
            sums[(firstWeekday + i) % Week] += days[i];
            visits[(firstWeekday + i) % Week]++;
        }

        var mean = sums.Sum() / (days.Length - from);
        for (var weekday = 0; weekday < Week; weekday++)
        {
            var last = Enumerable.Range(0, days.Length).Reverse().Where(i => (firstWeekday + i) % Week == weekday).Take(RecentWeeks).Select(i => days[i]).ToArray();
            recent[weekday] = last.Length == 0 ? mean : last.Average();
        }

        // A part of a visit that is like any day, so that a weekday never seen has a factor; never 0, since it divides.
        return ([.. sums.Zip(visits, (sum, visited) => mean <= 0 ? 1 : Math.Max(0.01, (sum + (AnyDayVisits * mean)) / ((visited + AnyDayVisits) * mean)))], recent);
    }

    private static (double Level, double Deviation) Smooth(double[] days, double step)
    {
        var (level, squares, count) = (days[..Math.Min(Week, days.Length)].Average(), 0.0, 0);
        for (var i = 0; i < days.Length; i++)
        {
            var error = days[i] - level;
            if (i >= Week || days.Length <= Week)
            {
                squares += error * error;
                count++;
            }

            level += step * error;
        }

        return (level, Math.Sqrt(squares / Math.Max(1, count)));
    }

    private static (double Level, double Trend) SmoothWithTrend(double[] days, double step)
    {
        var (level, trend) = (days[..Math.Min(Week, days.Length)].Average(), 0.0);
        foreach (var day in days)
        {
            var before = level;
            level = (step * day) + ((1 - step) * (level + (TrendKept * trend)));
            trend = (step * TrendShare * (level - before)) + ((1 - (step * TrendShare)) * TrendKept * trend);
        }

        return (level, trend);
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
