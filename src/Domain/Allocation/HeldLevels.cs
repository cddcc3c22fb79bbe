namespace FinOps.Domain.Allocation;

/// <summary>A level that was told and holds for a while.</summary>
internal readonly record struct HeldLevel(DateTimeOffset From, DateTimeOffset Until, double Value)
{
    public decimal Seconds => HeldLevels.Seconds(From, Until);
}

/// <summary>Told levels as the parts of a quarter hour for which they hold: until the next of the same series, <see cref="DeviceTime.HoldSeconds"/> at most.</summary>
internal static class HeldLevels
{
    /// <param name="told">Of one series, in any order, repeated or not.</param>
    public static List<HeldLevel> In(IEnumerable<(DateTimeOffset At, double Value)> told, DateTimeOffset cell)
    {
        var (end, held) = (cell.AddMinutes(DeviceTime.CellMinutes), new List<HeldLevel>());
        // Told twice for one instant: the greater, whichever came first.
        var points = told.Where(point => point.At < end && double.IsFinite(point.Value)).GroupBy(point => point.At)
            .Select(same => (At: same.Key, Value: same.Max(point => point.Value))).OrderBy(point => point.At).ToList();
        for (var i = 0; i < points.Count; i++)
        {
            var until = points[i].At.AddSeconds(DeviceTime.HoldSeconds);
            if (i + 1 < points.Count && points[i + 1].At < until) until = points[i + 1].At;
            var from = points[i].At > cell ? points[i].At : cell;
            if (until > end) until = end;
            if (until > from) held.Add(new HeldLevel(from, until, points[i].Value));
        }

        return held;
    }

    /// <summary>Seconds for which any of them holds.</summary>
    public static decimal Union(IEnumerable<HeldLevel> held)
    {
        var (seconds, reached) = (0m, DateTimeOffset.MinValue);
        foreach (var hold in held.OrderBy(hold => hold.From))
        {
            var from = hold.From > reached ? hold.From : reached;
            if (hold.Until <= from) continue;
            seconds += Seconds(from, hold.Until);
            reached = hold.Until;
        }

        return seconds;
    }

    public static decimal Seconds(DateTimeOffset from, DateTimeOffset until) => (until - from).Ticks / (decimal)TimeSpan.TicksPerSecond;
}
