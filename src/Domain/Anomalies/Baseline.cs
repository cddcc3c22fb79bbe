namespace FinOps.Domain.Anomalies;

/// <summary>A rule that tells what the next point should be.</summary>
public enum BaselineRule : byte
{
    /// <summary>The level alone.</summary>
    Level = 0,
    /// <summary>The level and the habit of the hour of the day.</summary>
    HourOfDay = 1,
    /// <summary>The level and the habit of the hour of the week.</summary>
    HourOfWeek = 2,
}

/// <summary>What the rules say of one point.</summary>
/// <param name="HourOfWeek">Null while this hour of the week is too new to have a habit.</param>
internal readonly record struct Predictions(double Level, double HourOfDay, double? HourOfWeek)
{
    public double Of(BaselineRule rule) => rule switch { BaselineRule.HourOfWeek => HourOfWeek ?? HourOfDay, BaselineRule.HourOfDay => HourOfDay, _ => Level };
}

/// <summary>
/// Three rules tell what the next point should be; the plainest holds until another was clearly nearer lately. So a series without a rhythm is not given one, and one with a rhythm is not judged by its average. An outlier
/// moves none of them by more than some usual errors.
/// </summary>
internal sealed class Baseline(AnomalyOptions options)
{
    private const int HoursOfDay = 24;
    private const int HoursOfWeek = 168;

    /// <summary>A rule with a rhythm must be off by less than this share of what the plainer one is off by.</summary>
    private const double ClearlyNearer = 0.9;

    /// <summary>How far one point may move a rule, in errors that 95 of 100 do not exceed.</summary>
    private const double MostUsualErrors = 4;

    /// <summary>Errors of the rules are averages over this many points.</summary>
    private const int ErrorPoints = 200;

    /// <summary>Habits are told from a slower level, so that they do not follow what the level follows.</summary>
    private const int SlowPoints = 1_000;

    private readonly double[] _day = new double[HoursOfDay];
    private readonly int[] _dayPoints = new int[HoursOfDay];
    private readonly double[] _week = new double[HoursOfWeek];
    private readonly int[] _weekPoints = new int[HoursOfWeek];
    private int _points;
    private int _weeklyPoints;
    private double _slow;
    private Rule _level, _ofDay, _ofWeek;

    /// <summary>The rule that holds now.</summary>
    public BaselineRule Holds { get; private set; }

    /// <summary>What each rule says of a point of this hour, and which of them holds.</summary>
    public Predictions Expect(int hourOfWeek)
    {
        Holds = BaselineRule.Level;
        if (_points > options.WarmUpPoints)
        {
            var error = _level.Error;
            if (_ofDay.Error < error * ClearlyNearer) (Holds, error) = (BaselineRule.HourOfDay, _ofDay.Error);
            if (_weeklyPoints > HoursOfWeek && _ofWeek.Error < error * ClearlyNearer) Holds = BaselineRule.HourOfWeek;
        }

        var hour = hourOfWeek % HoursOfDay;
        var ofDay = _dayPoints[hour] > 0 ? _ofDay.Mean + _day[hour] : _level.Mean;
        return new Predictions(_level.Mean, ofDay, _weekPoints[hourOfWeek] >= options.WeekPoints ? _ofWeek.Mean + _week[hourOfWeek] : null);
    }

    /// <param name="predictions">What <see cref="Expect"/> said of this point.</param>
    /// <param name="usualError">What 95 of 100 errors do not exceed; 0 = not known.</param>
    public void Learn(int hourOfWeek, double value, in Predictions predictions, double usualError)
    {
        if (_points == 0) _slow = _level.Mean = _ofDay.Mean = _ofWeek.Mean = value;
        var hour = hourOfWeek % HoursOfDay;
        var most = _points > options.WarmUpPoints && usualError > 0 ? MostUsualErrors * usualError : double.PositiveInfinity;
        double Bounded(double step) => Math.Clamp(step, -most, most);

        _points++;
        var step = Math.Max(1.0 / _points, 1.0 / options.LevelPoints);
        var errorStep = Math.Max(1.0 / _points, 1.0 / ErrorPoints);
        _level.Learn(step * Bounded(value - _level.Mean), errorStep, Math.Abs(value - predictions.Level));
        _ofDay.Learn(step * Bounded(value - _day[hour] - _ofDay.Mean), errorStep, Math.Abs(value - predictions.HourOfDay));
        _ofWeek.Learn(step * Bounded(value - _week[hourOfWeek] - _ofWeek.Mean), errorStep, Math.Abs(value - predictions.Of(BaselineRule.HourOfWeek)));

        _slow += Math.Max(1.0 / _points, 1.0 / SlowPoints) * (value - _slow);
        _day[hour] += SeasonStep(++_dayPoints[hour]) * Bounded(value - _slow - _day[hour]);
        if (++_weekPoints[hourOfWeek] >= options.WeekPoints) _weeklyPoints++;
        _week[hourOfWeek] += SeasonStep(_weekPoints[hourOfWeek]) * Bounded(value - _slow - _week[hourOfWeek]);
    }

    private double SeasonStep(int visits) => Math.Max(1.0 / visits, 1.0 / options.SeasonVisits);

    private struct Rule
    {
        public double Mean;
        public double Error;

        public void Learn(double move, double errorStep, double error)
        {
            Mean += move;
            Error += errorStep * (error - Error);
        }
    }
}
