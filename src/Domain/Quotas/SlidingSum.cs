namespace FinOps.Domain.Quotas;

/// <summary>A sum over the last stretch of time, in a fixed number of slots. The caller locks.</summary>
public sealed class SlidingSum(TimeProvider clock, TimeSpan slot, int slots)
{
    private readonly double[] _sums = new double[slots];
    private long _slot = Slot(clock, slot);

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
        var now = Slot(clock, slot);
        for (var passed = Math.Min(now - _slot, slots); passed > 0; passed--) _sums[(now - passed + 1) % slots] = 0;
        _slot = now;
    }

    private static long Slot(TimeProvider clock, TimeSpan slot) => (long)(clock.GetTimestamp() / (clock.TimestampFrequency * slot.TotalSeconds));
}
