namespace FinOps.Domain.Anomalies;

/// <summary>
/// How often errors of each size came, in buckets of equal ratio (an eighth of an e-fold, 13 %), the older ones counting less. A fixed size, whatever comes: errors below the smallest bucket share the first,
/// those above the largest the last.
/// </summary>
internal sealed class ErrorTable(int memoryPoints)
{
    // e^-25 to e^25: from a hundred-billionth of a dollar to seventy billion.
    private const int Buckets = 400;
    private const int PerEFold = 8;

    /// <summary>Newer errors weigh more instead of older ones less; what that grows to is scaled back here.</summary>
    private const double HighestWeight = 1e100;

    private readonly double[] _weights = new double[Buckets];
    private readonly double _growth = 1 + (1.0 / memoryPoints);
    private double _weight = 1;
    private double _total;
    private long _count;

    public void Add(double error)
    {
        _weight *= _growth;
        _weights[Bucket(error)] += _weight;
        _total += _weight;
        _count++;
        if (_weight < HighestWeight) return;
        for (var i = 0; i < Buckets; i++) _weights[i] /= _weight;
        _total /= _weight;
        _weight = 1;
    }

    /// <summary>
    /// How many powers of ten the share of errors at least this large is below 1; of those in the same bucket a half count. At most what so many errors can tell: 3.6 of 2,000.
    /// </summary>
    public double Rarity(double error)
    {
        var bucket = Bucket(error);
        var above = _weights[bucket] / 2;
        for (var i = bucket + 1; i < Buckets; i++) above += _weights[i];
        var least = 0.5 / Math.Min(_count + 1, memoryPoints);
        return -Math.Log10(_total > 0 ? Math.Max(above / _total, least) : least);
    }

    /// <summary>The error that this share of them does not exceed, to 7 %; 0 where most are none.</summary>
    public double Quantile(double share)
    {
        var rest = share * _total;
        for (var i = 0; i < Buckets; i++)
        {
            rest -= _weights[i];
            if (rest <= 0) return i == 0 ? 0 : Math.Exp((i - (Buckets / 2) + 0.5) / PerEFold);
        }

        return 0;
    }

    // The first bucket is for no error.
    private static int Bucket(double error) =>
        error <= double.Epsilon ? 0 : (int)Math.Clamp(Math.Floor((Buckets / 2) + (Math.Log(error) * PerEFold)), error < 1e-12 ? 0 : 1, Buckets - 1);
}
