using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

internal readonly record struct RowKey(DateTimeOffset From, DateTimeOffset To, string Provider, string Model, Meter? Meter);

internal sealed record ReadLine(BillLine Line, SkuReading Reading);

/// <summary>What of the bill and of ours stands in one row.</summary>
internal sealed class MatchedRow
{
    public static readonly MatchedRow Nothing = new();

    public List<ReadLine> Billed { get; } = [];
    public List<OurLine> Ours { get; } = [];
    public List<LeftOut> LeftOut { get; } = [];
}

/// <summary>The rows that a bill asks for: which periods and meters it tells apart, so that ours are summed in the same way.</summary>
internal sealed class BillPlan
{
    private readonly List<ReadLine> _known = [];
    private readonly Dictionary<(string Provider, string Model, Meter? Meter), List<(DateTimeOffset From, DateTimeOffset To)>> _periods = [];
    private readonly HashSet<(string Provider, string Model)> _whole = [];
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _to;

    public BillPlan(IReadOnlyList<BillLine> lines, Func<BillLine, SkuReading> read)
    {
        (_from, _to) = (lines.Min(line => line.From), lines.Max(line => line.To));
        Sellers = lines.Where(line => line.IsUsage).Select(line => line.Provider).ToHashSet(StringComparer.Ordinal);
        var apart = new List<ReconciledRow>();
        foreach (var line in lines)
        {
            var reading = line.IsUsage ? read(line) : SkuReading.Unknown;
            if (reading.IsKnown) _known.Add(new ReadLine(line, reading));
            else apart.Add(StandsAlone(line));
        }

        Apart = [.. apart.GroupBy(row => (row.From, row.To, row.Provider, row.Sku, row.Causes[0].Cause)).Select(Sum)];
        // One charge for a whole model leaves nothing to tell its meters apart by.
        foreach (var line in _known.Where(line => line.Reading.Meter is null)) _whole.Add((line.Line.Provider, line.Reading.Model));
        foreach (var group in _known.GroupBy(KeyOf)) _periods[group.Key] = Merge(group.Select(line => (line.Line.From, line.Line.To)));
        IsDaily = _known.Count > 0 && _known.TrueForAll(line => line.Line.To - line.Line.From == TimeSpan.FromDays(1) && line.Line.From.TimeOfDay == _known[0].Line.From.TimeOfDay);
        UnitPrices = _known.Where(line => line.Line is { Quantity: > 0 }).GroupBy(KeyOf).ToDictionary(group => group.Key, group => group.GroupBy(line => line.Line.From)
            .Select(day => day.Sum(line => line.Line.Cost) / day.Sum(line => line.Line.Quantity!.Value)).ToList());
    }

    public HashSet<string> Sellers { get; }

    /// <summary>Each known line is about one day, and all days begin at the same time.</summary>
    public bool IsDaily { get; }

    /// <summary>Rows of what is not mapped and of what is no usage.</summary>
    public IReadOnlyList<ReconciledRow> Apart { get; }

    /// <summary>The bill's unit price of each day, by what is charged.</summary>
    public Dictionary<(string Provider, string Model, Meter? Meter), List<decimal>> UnitPrices { get; }

    /// <summary>Bills do not tell reasoning from output, nor the modality of cached tokens; and the life of cache writes is looked at within one row.</summary>
    public static Meter Family(Meter meter) => meter switch
    {
        Meter.Reasoning => Meter.Output,
        Meter.CacheWrite1h => Meter.CacheWrite5m,
        Meter.CacheReadAudio or Meter.CacheReadImage => Meter.CacheRead,
        _ => meter,
    };

    /// <summary>All rows, with our hours moved by <paramref name="shift"/>.</summary>
    public Dictionary<RowKey, MatchedRow> Place(IReadOnlyList<OurLine> ours, IReadOnlyList<LeftOut> leftOut, int shift)
    {
        var rows = new Dictionary<RowKey, MatchedRow>();
        foreach (var line in _known)
        {
            var key = KeyOf(line);
            Row(rows, RowAt(key.Provider, key.Model, key.Meter, line.Line.From)!.Value).Billed.Add(line);
        }

        foreach (var line in ours)
        {
            if (RowAt(BillProvider.Of(line.Provider), ModelKey.Of(line.Model), MeterIn(line.Provider, line.Model, line.Meter), line.Hour.AddHours(shift)) is { } key) Row(rows, key).Ours.Add(line);
        }

        foreach (var line in leftOut)
        {
            var (provider, model) = (BillProvider.Of(line.Provider), ModelKey.Of(line.Model));
            // Calls without usage stand in every row of their model; it is looked at where the bill has more.
            foreach (var meter in _periods.Keys.Where(key => key.Provider == provider && key.Model == model).Select(key => key.Meter))
                if (RowAt(provider, model, meter, line.Hour.AddHours(shift)) is { } key) Row(rows, key).LeftOut.Add(line);
        }

        return rows;
    }

    private static MatchedRow Row(Dictionary<RowKey, MatchedRow> rows, RowKey key)
    {
        if (!rows.TryGetValue(key, out var row)) rows[key] = row = new MatchedRow();
        return row;
    }

    private (string Provider, string Model, Meter? Meter) KeyOf(ReadLine line) =>
        (line.Line.Provider, line.Reading.Model, _whole.Contains((line.Line.Provider, line.Reading.Model)) ? null : Family(line.Reading.Meter!.Value));

    private Meter? MeterIn(string provider, string model, Meter? meter) => meter is null || _whole.Contains((BillProvider.Of(provider), ModelKey.Of(model))) ? null : Family(meter.Value);

    /// <summary>Null outside of the bill's range.</summary>
    private RowKey? RowAt(string provider, string model, Meter? meter, DateTimeOffset instant)
    {
        if (instant < _from || instant >= _to) return null;
        if (_periods.TryGetValue((provider, model, meter), out var periods))
            foreach (var (from, to) in periods)
                if (from <= instant && instant < to) return new RowKey(from, to, provider, model, meter);
        var day = Reconciliation.DayOf(instant, _from);
        return new RowKey(day, day.AddDays(1), provider, model, meter);
    }

    /// <summary>Periods that overlap are one: what lies in both cannot be told apart.</summary>
    private static List<(DateTimeOffset From, DateTimeOffset To)> Merge(IEnumerable<(DateTimeOffset From, DateTimeOffset To)> periods)
    {
        var merged = new List<(DateTimeOffset From, DateTimeOffset To)>();
        foreach (var (from, to) in periods.OrderBy(period => period.From).ThenByDescending(period => period.To))
        {
            if (merged.Count > 0 && from < merged[^1].To) merged[^1] = (merged[^1].From, to > merged[^1].To ? to : merged[^1].To);
            else merged.Add((from, to));
        }

        return merged;
    }

    private static ReconciledRow StandsAlone(BillLine line) => new()
    {
        From = line.From,
        To = line.To,
        Provider = line.Provider,
        Model = "",
        Meter = null,
        Sku = line.Words,
        BilledQuantity = line.Quantity,
        OurQuantity = 0,
        Billed = line.Cost,
        Ours = 0,
        Causes = [new CauseAmount(line.IsUsage ? ResidualCause.Unmapped : ResidualCause.NotUsage, line.Cost)],
        Rest = 0,
    };

    private static ReconciledRow Sum(IGrouping<(DateTimeOffset, DateTimeOffset, string, string, ResidualCause Cause), ReconciledRow> group)
    {
        var billed = group.Sum(row => row.Billed);
        return group.First() with
        {
            BilledQuantity = group.All(row => row.BilledQuantity is not null) ? group.Sum(row => row.BilledQuantity) : null,
            Billed = billed,
            Causes = billed == 0 ? [] : [new CauseAmount(group.Key.Cause, billed)],
        };
    }
}
