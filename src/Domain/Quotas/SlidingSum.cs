namespace FinOps.Domain.Quotas;

/// <summary>A sum over the last stretch of time, in a fixed number of slots. The caller locks.</summary>
public sealed class SlidingSum(TimeProvider clock, TimeSpan slot, int slots)
{
    private readonly double[] _sums = new double[slots];
    private readonly double _ticks = clock.TimestampFrequency * slot.TotalSeconds;
    private long _slot = (long)(clock.GetTimestamp() / (clock.TimestampFrequency * slot.TotalSeconds));

    public void Add(double value)
    {
        Advance();
        _sums[_slot % slots] += value;
    }

    public double Sum()
    {
        Advance();
        return _sums.Sum();
    }

    private void Advance()
    {
        var now = (long)(clock.GetTimestamp() / _ticks);
        for (var passed = Math.Min(now - _slot, slots); passed > 0; passed--) _sums[(now - passed + 1) % slots] = 0;
        _slot = now;
    }
}
