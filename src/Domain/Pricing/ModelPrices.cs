using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>Other prices of a name than its usual ones: for one project, or while an alias says what it stands for.</summary>
/// <param name="Project">Null = of every project.</param>
/// <param name="From">Unix microseconds.</param>
/// <param name="To">Unix microseconds, exclusive.</param>
internal sealed record PriceException(ProjectId? Project, long From, long To, ModelPrices Prices)
{
    public static PriceException Always(ProjectId project, ModelPrices prices) => new(project, long.MinValue, long.MaxValue, prices);

    public static PriceException While(PriceAlias alias, ProjectId? project, ModelPrices prices) => new(
        project, alias.ValidFrom is { } from ? ModelPrices.Micros(from) : long.MinValue, alias.ValidTo is { } to ? ModelPrices.Micros(to) : long.MaxValue, prices);

    public bool Holds(ProjectId project, long unixMicros) => (Project is null || Project == project) && From <= unixMicros && unixMicros < To;
}

/// <summary>
/// The prices of one model as one told provider sells it, cut into intervals in which nothing changes. Cards are compiled when they are
/// first needed; two threads that meet there make the same card.
/// </summary>
internal sealed class ModelPrices
{
    private const long MicrosPerDay = 86_400_000_000;
    private const int TierCount = 4;

    /// <summary>Nothing matches.</summary>
    public static readonly ModelPrices None = new([], "", null);

    private readonly Interval[] _intervals;
    private readonly string[] _regions;
    private readonly string[] _variants;
    private readonly string _told;
    private readonly (string Seller, string Model)? _entry;
    private readonly PriceException[] _exceptions;

    public ModelPrices(IReadOnlyList<PriceRow> rows, string told, string? inferredProvider)
    {
        _exceptions = [];
        InferredProvider = inferredProvider;
        ContextWindow = rows.FirstOrDefault(r => r.ContextWindow != 0)?.ContextWindow ?? 0;
        _regions = [.. rows.Select(r => r.Region).Where(r => r.Length != 0).Distinct()];
        _variants = [.. rows.Select(r => r.Variant).Where(v => v.Length != 0).Distinct()];
        _told = told;
        _entry = (rows.FirstOrDefault(r => r.Tenant is null) ?? rows.FirstOrDefault()) is { } entry ? (entry.Provider, entry.Model) : null;
        var bounds = rows.Select(r => r.ValidFrom).Concat(rows.Select(r => r.ValidTo)).OfType<DateTimeOffset>().Select(Micros)
            .Append(long.MinValue).Distinct().Order().ToArray();
        _intervals = rows.Count == 0 ? [] : [.. bounds.Select(from => new Interval(from, [.. rows.Where(r => Holds(r, from))], (_regions.Length + 2) * (_variants.Length + 1)))];
    }

    private ModelPrices(ModelPrices plain, PriceException[] exceptions)
    {
        (_intervals, _regions, _variants, _told, _entry, _exceptions) = (plain._intervals, plain._regions, plain._variants, plain._told, plain._entry, exceptions);
        (InferredProvider, ContextWindow) = (plain.InferredProvider, plain.ContextWindow);
    }

    /// <summary>The same, but for calls that one of these is for; the first that is holds.</summary>
    public ModelPrices Except(PriceException[] exceptions) => new(this, exceptions);

    /// <summary>What holds for a call of a project at an instant.</summary>
    public ModelPrices For(ProjectId project, long unixMicros)
    {
        foreach (var exception in _exceptions)
            if (exception.Holds(project, unixMicros)) return exception.Prices;
        return this;
    }

    /// <summary>Set where no provider was told: whom the name belongs to, in the telemetry's words.</summary>
    public string? InferredProvider { get; }
    public uint ContextWindow { get; }

    /// <summary>The entry of the list, or where there is none the tenant's own.</summary>
    public (string Seller, string Model)? Entry => _entry;

    /// <summary>The card for an attempt; null if no price holds at that instant.</summary>
    public RateCard? Card(long unixMicros, ulong inputTokens, ServiceTier tier, bool batch, string region, string variant)
    {
        var i = _intervals.Length - 1;
        while (i >= 0 && _intervals[i].From > unixMicros) i--;
        if (i < 0) return null;
        var rows = _intervals[i].At(unixMicros);
        var place = (region.Length == 0 ? 0 : RegionPlace(region)) + (variant.Length == 0 ? 0 : VariantPlace(variant));
        return rows.Card(inputTokens, tier, batch, place, this);
    }

    /// <summary>0 = a region that changes nothing; then the regions with rows of their own; at last the one of the seller's premium.</summary>
    private int RegionPlace(string region)
    {
        var own = Array.IndexOf(_regions, region) + 1;
        if (own != 0 || _entry is not { } entry) return own;
        return PriceMultipliers.HasGeographyPremium(_told, entry.Seller, entry.Model, region) ? _regions.Length + 1 : 0;
    }

    private int VariantPlace(string variant) => (Array.IndexOf(_variants, variant) + 1) * (_regions.Length + 2);

    private CardConditions At(int place, uint contextStart, ServiceTier tier, bool batch)
    {
        var (variant, region) = Math.DivRem(place, _regions.Length + 2);
        var premium = region > _regions.Length;
        return new CardConditions(
            contextStart, tier, batch, region == 0 || premium ? "" : _regions[region - 1], variant == 0 ? "" : _variants[variant - 1],
            premium ? PriceMultipliers.GeographyPremium : 1m);
    }

    private static bool Holds(PriceRow row, long unixMicros) =>
        (row.ValidFrom is not { } from || Micros(from) <= unixMicros) && (row.ValidTo is not { } to || Micros(to) > unixMicros);

    internal static long Micros(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private sealed class Interval
    {
        private readonly RowSet _allDay;
        private readonly (long Start, long End, RowSet Rows)[] _windows;

        public Interval(long from, PriceRow[] rows, int places)
        {
            From = from;
            _allDay = new RowSet([.. rows.Where(r => r.DayStart is null)], places);
            _windows = [.. rows.Where(r => r.DayStart is not null).Select(r => (Start: r.DayStart!.Value, End: r.DayEnd!.Value)).Distinct()
                .Select(w => (Micros(w.Start), Micros(w.End),
                    new RowSet([.. rows.Where(r => r.DayStart is null || (r.DayStart == w.Start && r.DayEnd == w.End))], places)))];
        }

        public long From { get; }

        public RowSet At(long unixMicros)
        {
            if (_windows.Length == 0) return _allDay;
            var microsOfDay = ((unixMicros % MicrosPerDay) + MicrosPerDay) % MicrosPerDay;
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

        public RowSet(PriceRow[] rows, int places)
        {
            _rows = rows;
            _starts = [.. rows.Select(r => r.ContextStart).Append(0u).Distinct().Order()];
            _cards = new RateCard?[_starts.Length * TierCount * 2 * places];
        }

        public RateCard? Card(ulong inputTokens, ServiceTier tier, bool batch, int place, ModelPrices model)
        {
            if (_rows.Length == 0) return null;
            var context = _starts.Length - 1;
            while (context > 0 && inputTokens <= _starts[context]) context--; // a cliff: "more than", for the whole attempt
            var index = (((place * TierCount) + (int)tier) * 2 + (batch ? 1 : 0)) * _starts.Length + context;
            return Volatile.Read(ref _cards[index]) ?? Compile(index, model.At(place, _starts[context], tier, batch));
        }

        private RateCard Compile(int index, CardConditions when)
        {
            var card = RateCard.Compile(_rows, when);
            Volatile.Write(ref _cards[index], card);
            return card;
        }
    }
}
