namespace FinOps.Domain.Forecasting;

/// <summary>How right forecasts from earlier days of the same history were, each made of what was known on its day alone.</summary>
/// <param name="Origins">The days from which it was forecast.</param>
/// <param name="Forecasts">Sums that were told in advance and are known now.</param>
/// <param name="Coverage">The share of them inside their interval, made to be <see cref="SpendForecast.Confidence"/>.</param>
/// <param name="Mase">The mean absolute error of single days ÷ that of saying "as on the same weekday of the last known week" for the same days (mean absolute scaled error, Hyndman and Koehler 2006, with the naive
/// forecast at the same distance). Below 1 is better than that; null where the naive forecast was never wrong.</param>
public sealed record BackTest(int Origins, int Forecasts, double Coverage, double? Mase);

/// <summary>
/// Forecasts a history from each of its own days. Sums over several distances are compared with what came, in the model's own standard deviations; the interval is as wide as four fifths of the earlier ones needed (split conformal
/// prediction, Vovk et al. 2005), drawn towards a first, wide one while they are few.
/// </summary>
internal sealed class Replay
{
    private const int Week = 7;

    /// <summary>Days before the first forecast: two weeks, so that each weekday was seen twice.</summary>
    private const int FirstOrigin = 14;

    /// <summary>As many forecasts as <see cref="FirstWidth"/> is worth. Overlapping sums tell the same again, so it is not few.</summary>
    private const double PriorForecasts = 20;

    /// <summary>Half the width of an 80 % interval before anything is known of it. Default 1.6: a normal distribution's is 1.28, and of few days the spread is known badly (Student's t with three degrees of freedom has 1.64).</summary>
    private const double FirstWidth = 1.6;

    /// <summary>Forecasts from this many days on tell a coverage.</summary>
    private const int FewestOrigins = 7;

    private const double Rounding = 1e-9;

    private static readonly int[] Distances = [1, 2, 4, 7, 10, 14, 21, 28];

    private readonly List<(int Origin, int KnownAt, double Deviations)> _sums = [];
    private readonly int _origins;
    private readonly double _error;
    private readonly double _naiveError;

    public Replay(ReadOnlySpan<double> days, int firstWeekday)
    {
        for (var origin = FirstOrigin; origin < days.Length; origin++)
        {
            var model = new SpendModel(days[..origin], firstWeekday);
            var (told, came) = (0.0, 0.0);
            _origins++;
            for (var ahead = 1; ahead <= Distances[^1] && origin + ahead <= days.Length; ahead++)
            {
                var (day, actual) = (model.Day(ahead), days[origin + ahead - 1]);
                _error += Math.Abs(actual - day);
                _naiveError += Math.Abs(actual - days[origin - Week + ((ahead - 1) % Week)]);
                told += day;
                came += actual;
                if (Array.IndexOf(Distances, ahead) < 0) continue;
                var deviation = model.Deviation(ahead);
                _sums.Add((origin, origin + ahead, Apart(Math.Abs(came - told), deviation, came)));
            }
        }
    }

    /// <summary>How many of the model's standard deviations an interval must reach, as far as was known on a day.</summary>
    public double Width(int day)
    {
        var known = _sums.Where(sum => sum.KnownAt <= day && double.IsFinite(sum.Deviations)).Select(sum => sum.Deviations).Order().ToArray();
        if (known.Length == 0) return FirstWidth;
        var needed = known[Math.Min(known.Length - 1, (int)Math.Ceiling((known.Length + 1) * SpendForecast.Confidence) - 1)];
        return ((known.Length * needed) + (PriorForecasts * FirstWidth)) / (known.Length + PriorForecasts);
    }

    // A history that never varies has no deviation, and sums of it differ by what rounding leaves.
    private static double Apart(double error, double deviation, double sum) => error <= Rounding * sum ? 0 : deviation > 0 ? error / deviation : double.PositiveInfinity;

    public BackTest? Result()
    {
        if (_origins < FewestOrigins) return null;
        var widths = _sums.Select(sum => sum.Origin).Distinct().ToDictionary(origin => origin, Width);
        return new BackTest(_origins, _sums.Count, _sums.Average(sum => sum.Deviations <= widths[sum.Origin] ? 1.0 : 0), _naiveError > 0 ? _error / _naiveError : null);
    }
}
