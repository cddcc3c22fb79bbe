namespace FinOps.Analytics.Spend;

/// <summary>Half-open, microseconds since 1970-01-01 UTC.</summary>
internal readonly record struct MicrosRange(long From, long To);

/// <summary>
/// Which parts of a range are read from a roll-up and which from raw rows. Together they are the range, and they never overlap:
/// nothing is missed and nothing is counted twice.
/// </summary>
internal sealed record CellRanges(IReadOnlyList<MicrosRange> RollUp, IReadOnlyList<MicrosRange> Raw)
{
    public const long CellMicros = 15L * 60 * 1_000_000;

    /// <summary>Most raw ranges of one query. Beyond it the nearest are joined, and the cells between them are read raw as well.</summary>
    public const int MaxRawRanges = 32;

    public static CellRanges AllRaw(TimeRange range) => new([], NotEmpty([new MicrosRange(Micros(range.From), Micros(range.To))]));

    /// <param name="range">What is asked for.</param>
    /// <param name="pendingCells">Starts of the pending cells in Unix seconds, ascending.</param>
    public static CellRanges Split(TimeRange range, IReadOnlyList<uint> pendingCells)
    {
        var (from, to) = (Micros(range.From), Micros(range.To));
        var wholeFrom = CeilingToCell(from);
        var wholeTo = FloorToCell(to);
        if (wholeFrom >= wholeTo) return AllRaw(range);

        var raw = new List<MicrosRange>();
        Append(raw, new MicrosRange(from, wholeFrom));
        foreach (var cell in pendingCells)
        {
            var start = cell * 1_000_000L;
            if (start >= wholeFrom && start < wholeTo) Append(raw, new MicrosRange(start, start + CellMicros));
        }

        Append(raw, new MicrosRange(wholeTo, to));
        JoinNearest(raw);
        return new CellRanges(Complement(raw, from, to), raw);
    }

    public static long Micros(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Append(List<MicrosRange> ranges, MicrosRange next)
    {
        if (next.From >= next.To) return;
        if (ranges.Count > 0 && ranges[^1].To == next.From) ranges[^1] = ranges[^1] with { To = next.To };
        else ranges.Add(next);
    }

    private static void JoinNearest(List<MicrosRange> ranges)
    {
        if (ranges.Count <= MaxRawRanges) return;
        // The widest gaps stay, all narrower ones are filled.
        var kept = Enumerable.Range(1, ranges.Count - 1)
            .OrderByDescending(i => ranges[i].From - ranges[i - 1].To)
            .Take(MaxRawRanges - 1)
            .ToHashSet();
        var joined = new List<MicrosRange> { ranges[0] };
        for (var i = 1; i < ranges.Count; i++)
        {
            if (kept.Contains(i)) joined.Add(ranges[i]);
            else joined[^1] = joined[^1] with { To = ranges[i].To };
        }

        ranges.Clear();
        ranges.AddRange(joined);
    }

    private static List<MicrosRange> Complement(List<MicrosRange> ranges, long from, long to)
    {
        var gaps = new List<MicrosRange>();
        var at = from;
        foreach (var range in ranges)
        {
            if (range.From > at) gaps.Add(new MicrosRange(at, range.From));
            at = range.To;
        }

        if (at < to) gaps.Add(new MicrosRange(at, to));
        return gaps;
    }

    private static IReadOnlyList<MicrosRange> NotEmpty(MicrosRange[] ranges) => [.. ranges.Where(range => range.From < range.To)];

    private static long FloorToCell(long micros) => micros - ((micros % CellMicros) + CellMicros) % CellMicros;

    private static long CeilingToCell(long micros) => FloorToCell(micros + CellMicros - 1);
}
