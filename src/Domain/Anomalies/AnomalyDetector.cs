namespace FinOps.Domain.Anomalies;

/// <summary>What one point was judged to be.</summary>
/// <param name="Expected">What it should have been.</param>
/// <param name="UsualError">How far 95 of 100 points were off; 0 = not yet known.</param>
/// <param name="Score">How unusual it is, 0 while warming up. Comparable between series of any unit and spread.</param>
/// <param name="Rule">By which rule it was expected.</param>
/// <param name="IsAnomaly">The score reached the threshold.</param>
/// <param name="Begins">It is the first anomaly of its incident.</param>
public readonly record struct AnomalyReading(double Expected, double UsualError, double Score, BaselineRule Rule, bool IsAnomaly, bool Begins);

/// <summary>
/// Watches one series, a value per interval, and says at once how unusual each is. It knows nothing but the past; each point takes the same time and the state has a fixed size (about 13 KB). Not for several threads.
/// <para>
/// 1. A <see cref="Baseline"/> says what the point should be. 2. The share of past errors at least as large says how rare its error is; beyond the largest, how many times the usual error it is. 3. The mean rarity of the last ten
/// points, against the long run's mean and variance, says whether the stretch is rough (the anomaly likelihood of Lavin and Ahmad, 2015, arXiv:1510.03336), so that a change that is small at each point is seen, and one point
/// less quickly where such points are common. The score is the sum, in powers of ten.
/// </para>
/// </summary>
public sealed class AnomalyDetector(AnomalyOptions options)
{
    private const double UsualShare = 0.95;

    /// <summary>How much the stretch counts beside the point.</summary>
    private const double StretchWeight = 0.5;

    /// <summary>The rarest stretch that is told apart, in powers of ten.</summary>
    private const double MostStretch = 10;

    /// <summary>Keeps a series that never varied from dividing by nothing.</summary>
    private const double LeastVariance = 1e-6;

    private readonly Baseline _baseline = new(options);

    // Each rule has errors of its own size, so each is judged by its own.
    private readonly ErrorTable[] _errors = [new(options.MemoryPoints), new(options.MemoryPoints), new(options.MemoryPoints)];
    private readonly double[] _short = new double[options.ShortPoints];
    private double _shortSum;
    private double _longMean;
    private double _longVariance;
    private DateTimeOffset _last = DateTimeOffset.MinValue;
    private long _points;
    private long _begun = long.MinValue / 2;

    public AnomalyDetector() : this(AnomalyOptions.Default)
    {
    }

    /// <summary>Judges the next point, then learns from it.</summary>
    /// <param name="at">The interval's begin, on the clock by which people work: hours of the day and the week are its.</param>
    /// <param name="value">Finite, in any unit.</param>
    /// <exception cref="ArgumentException">The value is no number, or the instant is not after the last one.</exception>
    public AnomalyReading Observe(DateTimeOffset at, double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"{value} is no amount.", nameof(value));
        if (at <= _last) throw new ArgumentException($"{at:O} is not after {_last:O}: points come in order, each once.", nameof(at));
        _last = at;

        var hourOfWeek = ((int)at.DayOfWeek * 24) + at.Hour;
        var predictions = _points == 0 ? new Predictions(value, value, null) : _baseline.Expect(hourOfWeek);
        var rule = _baseline.Holds;
        var expected = predictions.Of(rule);
        var errors = _errors[(int)rule];
        var error = Math.Abs(value - expected);
        var usual = errors.Quantile(UsualShare);

        var rarity = errors.Rarity(error);
        var stretch = Stretch(rarity);
        _errors[(int)BaselineRule.Level].Add(Math.Abs(value - predictions.Level));
        _errors[(int)BaselineRule.HourOfDay].Add(Math.Abs(value - predictions.HourOfDay));
        if (predictions.HourOfWeek is { } ofWeek) _errors[(int)BaselineRule.HourOfWeek].Add(Math.Abs(value - ofWeek));
        _baseline.Learn(hourOfWeek, value, predictions, usual);

        var warm = _points++ >= options.WarmUpPoints;
        var score = warm ? rarity + (usual > 0 ? Math.Log10(1 + (error / usual)) : 0) + (StretchWeight * stretch) : 0;
        var isAnomaly = score >= options.Threshold;
        var begins = isAnomaly && _points - _begun > options.IncidentPoints;
        if (begins) _begun = _points;
        return new AnomalyReading(expected, usual, score, rule, isAnomaly, begins);
    }

    private double Stretch(double rarity)
    {
        var place = (int)(_points % _short.Length);
        _shortSum += rarity - _short[place];
        _short[place] = rarity;
        var mean = _shortSum / Math.Min(_points + 1, _short.Length);
        var stretch = Math.Min(MostStretch, Normal.TailPower((mean - _longMean) / Math.Sqrt(_longVariance + LeastVariance)));

        var step = Math.Max(1.0 / (_points + 1), 1.0 / options.LongPoints);
        var apart = mean - _longMean;
        _longMean += step * apart;
        _longVariance += step * ((apart * apart) - _longVariance);
        return stretch;
    }
}
