namespace FinOps.Domain.Pricing;

/// <summary>
/// The prices of one model as one told provider sells it, cut into intervals in which nothing changes. Cards are compiled when they are
/// first needed; two threads that meet there make the same card.
/// </summary>
internal sealed class ModelPrices
{
    private const long MicrosPerDay = 86_400_000_000;
    private const int TierCount = 4;

    /// <summary>Nothing matches.</summary>
    public static readonly ModelPrices None = new([], null);

    private readonly Interval[] _intervals;
    private readonly string[] _regions;

    public ModelPrices(IReadOnlyList<PriceRow> rows, string? inferredProvider)
    {
        InferredProvider = inferredProvider;
        ContextWindow = rows.Count == 0 ? 0 : rows[0].ContextWindow;
        _regions = [.. rows.Select(r => r.Region).Where(r => r.Length != 0).Distinct()];
        var bounds = rows.Select(r => r.ValidFrom).Concat(rows.Select(r => r.ValidTo)).OfType<DateTimeOffset>().Select(Micros)
            .Append(long.MinValue).Distinct().Order().ToArray();
        _intervals = rows.Count == 0 ? [] : [.. bounds.Select(from => new Interval(from, [.. rows.Where(r => Holds(r, from))], _regions.Length))];
    }

    /// <summary>Set where no provider was told: whom the name belongs to, in the telemetry's words.</summary>
    public string? InferredProvider { get; }
    public uint ContextWindow { get; }

    /// <summary>The card for an attempt; null if no price holds at that instant.</summary>
    public RateCard? Card(long unixMicros, ulong inputTokens, ServiceTier tier, bool batch, string region)
    {
        var i = _intervals.Length - 1;
        while (i >= 0 && _intervals[i].From > unixMicros) i--;
        if (i < 0) return null;
        var regionIndex = _regions.Length == 0 || region.Length == 0 ? 0 : Array.IndexOf(_regions, region) + 1;
        var ofDay = ((unixMicros % MicrosPerDay) + MicrosPerDay) % MicrosPerDay;
        return _intervals[i].At(ofDay).Card(inputTokens, tier, batch, regionIndex, regionIndex == 0 ? "" : region);
    }

    private static bool Holds(PriceRow row, long unixMicros) =>
        (row.ValidFrom is not { } from || Micros(from) <= unixMicros) && (row.ValidTo is not { } to || Micros(to) > unixMicros);

    private static long Micros(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private sealed class Interval
    {
        private readonly RowSet _allDay;
        private readonly (long Start, long End, RowSet Rows)[] _windows;

        public Interval(long from, PriceRow[] rows, int regionCount)
        {
            From = from;
            _allDay = new RowSet([.. rows.Where(r => r.DayStart is null)], regionCount);
            _windows = [.. rows.Where(r => r.DayStart is not null).Select(r => (Start: r.DayStart!.Value, End: r.DayEnd!.Value)).Distinct()
                .Select(w => (Micros(w.Start), Micros(w.End),
                    new RowSet([.. rows.Where(r => r.DayStart is null || (r.DayStart == w.Start && r.DayEnd == w.End))], regionCount)))];
        }

        public long From { get; }

        public RowSet At(long microsOfDay)
        {
            for (var i = _windows.Length - 1; i >= 0; i--) // the last one that holds wins, as in the catalogue
            {
                var (start, end, rows) = _windows[i];
                if (end < start ? microsOfDay >= start || microsOfDay < end : microsOfDay >= start && microsOfDay < end) return rows;
            }

            return _allDay;
        }

        private static long Micros(TimeOnly time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
    }

    private sealed class RowSet
    {
        private readonly PriceRow[] _rows;
        private readonly uint[] _starts;
        private readonly RateCard?[] _cards;

        public RowSet(PriceRow[] rows, int regionCount)
        {
            _rows = rows;
            _starts = [.. rows.Select(r => r.ContextStart).Append(0u).Distinct().Order()];
            _cards = new RateCard?[_starts.Length * TierCount * 2 * (regionCount + 1)];
        }

        public RateCard? Card(ulong inputTokens, ServiceTier tier, bool batch, int regionIndex, string region)
        {
            if (_rows.Length == 0) return null;
            var context = _starts.Length - 1;
            while (context > 0 && inputTokens <= _starts[context]) context--; // a cliff: "more than", for the whole attempt
            var index = (((regionIndex * TierCount) + (int)tier) * 2 + (batch ? 1 : 0)) * _starts.Length + context;
            return Volatile.Read(ref _cards[index]) ?? Compile(index, context, tier, batch, region);
        }

        private RateCard Compile(int index, int context, ServiceTier tier, bool batch, string region)
        {
            var card = RateCard.Compile(_rows, _starts[context], tier, batch, region);
            Volatile.Write(ref _cards[index], card);
            return card;
        }
    }
}
