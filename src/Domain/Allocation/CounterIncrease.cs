namespace FinOps.Domain.Allocation;

/// <summary>One point of a counter.</summary>
/// <param name="Start">Since when it counts; <paramref name="At"/> where that is not told.</param>
/// <param name="IsDelta">The value is the increase itself.</param>
public readonly record struct CounterPoint(DateTimeOffset At, DateTimeOffset Start, double Value, bool IsDelta);

/// <summary>By how much a counter rose in a quarter hour.</summary>
public static class CounterIncrease
{
    /// <summary>
    /// Each rise counts where its later point lies. A counter that begins anew, because it says so or because it fell, has risen by its value.
    /// The first point tells a rise only if it began to count in the time that was looked at.
    /// </summary>
    /// <param name="points">In any order, repeated or not, from the quarter hour before the cell until its end.</param>
    public static decimal In(IEnumerable<CounterPoint> points, DateTimeOffset cell)
    {
        var end = cell.AddMinutes(DeviceTime.CellMinutes);
        var looked = cell.AddMinutes(-DeviceTime.CellMinutes);
        var increase = 0d;
        CounterPoint? before = null;
        foreach (var point in points.Where(p => p.At < end && double.IsFinite(p.Value)).GroupBy(p => p.At).Select(same => same.MaxBy(p => p.Value)).OrderBy(p => p.At))
        {
            var rise = point.IsDelta ? point.Value
                : before is not { } earlier ? point.Start >= looked && point.Start < point.At ? point.Value : 0
                : point.Value < earlier.Value || (point.Start > earlier.At && point.Start < point.At) ? point.Value
                : point.Value - earlier.Value;
            if (point.At >= cell) increase += Math.Max(0, rise);
            before = point;
        }

        return increase < 1e15 ? (decimal)increase : 0;
    }
}
