namespace FinOps.Analytics.Spend;

/// <summary>Half-open, microseconds since 1970-01-01 UTC.</summary>
internal readonly record struct MicrosRange(long From, long To);

/// <summary>A day of UTC whose sums are in force: its start in Unix seconds, and the generation of those sums.</summary>
internal readonly record struct BuiltDay(uint Start, ulong Generation);

/// <summary>
/// Which parts of a range are read from the sums of days, which from those of cells, and which from raw rows. Together they are the range, and they never overlap:
/// nothing is missed and nothing is counted twice.
/// </summary>
internal sealed record CellRanges(IReadOnlyList<BuiltDay> Days, IReadOnlyList<MicrosRange> Cells, IReadOnlyList<MicrosRange> Raw)
{
    public const long CellMicros = 15L * 60 * 1_000_000;
    public const long HourMicros = 60L * 60 * 1_000_000;
    public const long DayMicros = 24L * 60 * 60 * 1_000_000;

    /// <summary>Most raw ranges of one query. Beyond it the nearest are joined, and the cells between them are read raw as well.</summary>
    public const int MaxRawRanges = 32;

    /// <summary>Most runs of consecutive days in one query. Beyond it the shortest are read by their cells.</summary>
    public const int MaxDayRuns = 32;

    public bool IsEmpty => Days.Count == 0 && Cells.Count == 0 && Raw.Count == 0;

    /// <summary>Whether the cell that starts then (Unix seconds) is read from the roll-up of cells.</summary>
    public bool ReadsCell(uint start)
    {
        var micros = start * 1_000_000L;
        return Cells.Any(range => micros >= range.From && micros < range.To);
    }

    /// <summary>Whether one of these instants lies inside of a day that is read from its sums.</summary>
    public bool DividesADay(IReadOnlyList<DateTimeOffset> cuts)
    {
        if (Days.Count == 0) return false;
        var divided = DividedDays(cuts, DayMicros);
        return Days.Any(day => divided.Contains(Start(day)));
    }

    public static CellRanges AllRaw(TimeRange range) => new([], [], NotEmpty([new MicrosRange(Micros(range.From), Micros(range.To))]));

    /// <param name="range">What is asked for.</param>
    /// <param name="pendingCells">Starts of the pending cells in Unix seconds, ascending.</param>
    /// <param name="builtDays">Days whose sums are in force, ascending.</param>
    /// <param name="cuts">Starts of periods, ascending.</param>
    /// <param name="dayGrainMicros">What the days' sums keep apart; a day that a cut divides elsewhere is read by its cells.</param>
    public static CellRanges Split(
        TimeRange range, IReadOnlyList<uint> pendingCells, IReadOnlyList<BuiltDay> builtDays, IReadOnlyList<DateTimeOffset> cuts, long dayGrainMicros)
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
        var rollUp = Complement(raw, from, to);
        var runs = DayRuns(rollUp, builtDays, cuts, dayGrainMicros);
        List<MicrosRange> days = [.. runs.Select(run => new MicrosRange(Start(run[0]), Start(run[^1]) + DayMicros))];
        return new CellRanges([.. runs.SelectMany(run => run)], [.. rollUp.SelectMany(part => Without(part, days))], raw);
    }

    public static long Micros(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Append(List<MicrosRange> ranges, MicrosRange next)
    {
        if (next.From >= next.To) return;
        if (ranges.Count > 0 && ranges[^1].To == next.From) ranges[^1] = ranges[^1] with { To = next.To };
        else ranges.Add(next);
    }

    /// <summary>The undivided days that lie whole in a part, in runs of neighbours of one part.</summary>
    private static List<List<BuiltDay>> DayRuns(
        List<MicrosRange> parts, IReadOnlyList<BuiltDay> builtDays, IReadOnlyList<DateTimeOffset> cuts, long grain)
    {
        var runs = new List<List<BuiltDay>>();
        var divided = DividedDays(cuts, grain);
        var next = 0;
        foreach (var part in parts)
        {
            List<BuiltDay>? run = null;
            for (; next < builtDays.Count && Start(builtDays[next]) + DayMicros <= part.To; next++)
            {
                var day = builtDays[next];
                if (Start(day) < part.From || divided.Contains(Start(day))) continue;
                if (run is null || Start(run[^1]) + DayMicros != Start(day)) runs.Add(run = []);
                run.Add(day);
            }
        }

        return runs.Count <= MaxDayRuns
            ? runs
            : [.. runs.OrderByDescending(run => run.Count).Take(MaxDayRuns).OrderBy(run => run[0].Start)];
    }

    private static HashSet<long> DividedDays(IReadOnlyList<DateTimeOffset> cuts, long grain) =>
        cuts.Select(Micros).Where(cut => cut % grain != 0).Select(cut => cut - cut % DayMicros).ToHashSet();

    private static IEnumerable<MicrosRange> Without(MicrosRange part, List<MicrosRange> days)
    {
        var inside = days.Where(run => run.From >= part.From && run.To <= part.To).ToList();
        return Complement(inside, part.From, part.To);
    }

    private static long Start(BuiltDay day) => day.Start * 1_000_000L;

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
