using System.Collections.Concurrent;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>
/// The price book as it is known at one moment: immutable, swapped as a whole when the book changes. Step 5 of the path from token to money:
/// one pure function from a call's usage, its provider, model, tier and start to line items that sum to its cost.
/// </summary>
public sealed class PriceSnapshot
{
    /// <summary>
    /// How many (provider, model) pairs are remembered. Names come from the wire, so that their number has to be bounded; when it is reached
    /// everything is forgotten and found again, which costs microseconds for each name in use.
    /// </summary>
    public const int MaxRememberedModels = 8192;

    /// <summary>The flags that rating decides. Others (and <see cref="CallFlags.Ambiguous"/>, which the mapping sets too) are only added to.</summary>
    public const CallFlags RatingFlags = CallFlags.Unpriced | CallFlags.NoUsage | CallFlags.UpperBound | CallFlags.CacheWriteLowerBound
        | CallFlags.AboveContextWindow | CallFlags.Multiplied;

    // A place for each of the names in use: found by a few of their letters, so that most calls look up nothing else. Power of two.
    private const int RecentPlaces = 2048;

    private readonly PriceBook _book;
    private readonly Lazy<PriceSnapshot>? _listed;
    private readonly ConcurrentDictionary<ModelKey, Remembered> _remembered = new();
    private readonly Remembered?[] _recent = new Remembered?[RecentPlaces];
    private int _rememberedCount;
    private long _forgotten;

    private PriceSnapshot(PriceBook book, string version, long bookVersion, Func<PriceSnapshot>? listed = null)
    {
        if (listed is not null) _listed = new Lazy<PriceSnapshot>(listed);
        _book = book;
        Version = version;
        BookVersion = bookVersion;
    }

    /// <summary>A book without prices: every call with usage is unpriced.</summary>
    public static PriceSnapshot Empty { get; } = new(new PriceBook([], [], []), "", 0);

    /// <summary>Names the content, for display and logs.</summary>
    public string Version { get; }

    /// <summary>Which version of the price book this is: the id of its latest change; 0 = the list shipped with the program. Each call that is rated keeps it.</summary>
    public long BookVersion { get; }

    /// <summary>How often <see cref="MaxRememberedModels"/> was reached.</summary>
    public long TimesForgotten => Interlocked.Read(ref _forgotten);

    /// <param name="providers">Sellers, in the order in which their clauses are tried.</param>
    /// <param name="rows">Every row that is believed now; rows of unknown providers are never found.</param>
    /// <param name="version">Names the content.</param>
    /// <param name="bookVersion">The id of the book's latest change.</param>
    /// <param name="aliases">The tenant's aliases that are believed now.</param>
    public static PriceSnapshot Create(
        IEnumerable<PriceProvider> providers, IEnumerable<PriceRow> rows, string version, long bookVersion = 0, IEnumerable<PriceAlias>? aliases = null)
    {
        IReadOnlyCollection<PriceProvider> sellers = [.. providers];
        IReadOnlyCollection<PriceRow> believed = [.. rows];
        IReadOnlyCollection<PriceAlias> names = [.. aliases ?? []];
        var hasOwn = believed.Any(row => row.Tenant is not null);
        return new PriceSnapshot(
            new PriceBook(sellers, believed, names), version, bookVersion, hasOwn ? () => Create(sellers, believed.Where(row => row.Tenant is null), version, bookVersion, names) : null);
    }

    public static PriceSnapshot Create(PriceCatalogue catalogue) =>
        Create(catalogue.Providers, catalogue.Rows, $"{catalogue.Source} {catalogue.Version}");

    /// <summary>
    /// Infers the provider where none was told (sets it, with <see cref="CallFlags.InferredProvider"/>), finds the prices of the served model
    /// (the requested one if none was told) at the call's start, and sets cost, price id, book version and <see cref="RatingFlags"/>. Rating a call again
    /// gives the same. An answered call without usage is unpriced: its cost is unknown. A failed attempt without usage costs nothing.
    /// </summary>
    public void Rate(CallReport report)
    {
        report.Cost = 0;
        report.PriceId = 0;
        report.BookVersion = BookVersion;
        report.Flags &= ~RatingFlags;
        var prices = Find(report.Provider, report.Model).For(report.Project, report.StartUnixMicros);
        if (prices.InferredProvider is { } vendor)
        {
            report.Provider = vendor;
            report.Flags |= CallFlags.InferredProvider;
        }

        if ((report.Flags & (CallFlags.CacheHit | CallFlags.Capacity)) != 0) return;
        if (!report.HasUsage)
        {
            report.Flags |= report.Status == CallStatus.Failed ? CallFlags.NoUsage : CallFlags.NoUsage | CallFlags.Unpriced;
            return;
        }

        var card = CardFor(report, prices, out var flags);
        var sum = default(CostSink);
        if (card is null || card.PriceId == 0 || !Walk(report, card, ref sum))
        {
            report.Flags |= CallFlags.Unpriced;
            return;
        }

        report.Cost = ToUsd(sum.Pico);
        if (card.Discount is { } discount) report.Cost -= Share(report.Cost, discount);
        report.PriceId = card.PriceId;
        report.Flags |= flags | card.Flags | sum.Flags;
    }

    /// <summary>
    /// The line items behind the cost, for display; their costs sum to it. Empty for an unpriced call. For an answer from a response cache, or from
    /// capacity that is paid for as such, the items cost nothing and say what was avoided or drawn. What was used beside priced parts and has no price stands as unpriced.
    /// </summary>
    public IReadOnlyList<LineItem> Explain(CallReport report)
    {
        var items = new LineList([]);
        Explain(report, ref items);
        return items.Items;
    }

    /// <summary>
    /// What the lines of an answer from a response cache would have cost at the provider, or those of a list's texts that had kept vectors, by the same prices; their sum is what the cache avoided.
    /// Empty for any other call, for one whose usage has no price, and for one drawn from capacity, which would have cost no money of its own either.
    /// </summary>
    public IReadOnlyList<LineItem> ExplainAvoided(CallReport report)
    {
        if ((report.Flags & CallFlags.Capacity) != 0) return [];
        var isHit = (report.Flags & CallFlags.CacheHit) != 0;
        if (!isHit && report.TokensAvoided == 0) return [];
        var paid = report.Clone();
        paid.Flags &= ~CallFlags.CacheHit;
        if (isHit) return Explain(paid);
        paid.Usage = new UsageVector { InputFresh = report.TokensAvoided };
        return WithoutFee(Explain(paid));
    }

    /// <summary>The lines of tokens: the fee of the request itself was paid with the texts that were asked for.</summary>
    private static IReadOnlyList<LineItem> WithoutFee(IReadOnlyList<LineItem> lines)
    {
        if (!lines.Any(line => line.Meter == Meter.Request)) return lines;
        var tokens = lines.Where(line => line.Meter is not (Meter.Request or Meter.Discount)).ToList();
        var sum = tokens.Sum(line => line.Cost);
        return [.. tokens, .. lines.Where(line => line.Meter == Meter.Discount)
            .Select(line => line with { Quantity = sum, Cost = -decimal.Round(sum * line.UnitPrice, 12, MidpointRounding.ToEven) })];
    }

    /// <summary>As above, for whoever sums the lines of many calls: nothing is allocated for a call. False: no line was given.</summary>
    public bool Explain<TReceiver>(CallReport report, ref TReceiver receiver)
        where TReceiver : ILineReceiver
    {
        if (!report.HasUsage) return false;
        var card = CardFor(report, Find(report.Provider, report.Model).For(report.Project, report.StartUnixMicros), out _);
        // First whether all of it has a price: a receiver cannot give back what it took.
        var sum = default(CostSink);
        if (card is null || card.PriceId == 0 || !Walk(report, card, ref sum)) return false;
        var sink = new ReceiverSink<TReceiver>(receiver, report);
        Walk(report, card, ref sink);
        receiver = sink.Receiver;
        if (card.Discount is { } discount && sink.Sum != 0)
        {
            receiver.Take(new RatedLine(
                Meter.Discount, sink.Sum, Meters.Unit(Meter.Discount), 1m, FractionOf(discount), -1m, -Share(sink.Sum, discount), card.DiscountId, discount.Source, PriceLabel.Exact));
        }

        return true;
    }

    /// <summary>
    /// What the public list alone asks. The tenant's aliases hold in it, too: what a deployment stands for is no price of one's own. The same object where there are no own prices.
    /// </summary>
    public PriceSnapshot Listed => _listed?.Value ?? this;

    /// <summary>Whether all prices of an entry are 0, which is not the same as not knowing them.</summary>
    public bool IsFree(string seller, string entry) => _book.IsFree(seller, entry);

    /// <summary>Sellers and names of all entries, for who looks for the nearest one.</summary>
    public IReadOnlyList<(string Provider, string Model)> Entries => _book.Entries;

    /// <summary>Whether a seller, by its id or a told name, has a price of this name without any alias: what an alias may lead to.</summary>
    public bool HasPrice(string seller, string model) => _book.HasPrice(seller, model);

    /// <summary>The entry of the book that prices a told name at an instant: its seller and its name there. Null where none does.</summary>
    public (string Seller, string Model)? EntryOf(string provider, string model, DateTimeOffset at) => Find(provider, model).For(default, ModelPrices.Micros(at)).Entry;

    private static RateCard? CardFor(CallReport report, ModelPrices prices, out CallFlags flags)
    {
        flags = CallFlags.None;
        // The served tier is what is billed. A special tier that was only asked for, or one that we do not know, is priced as standard and flagged.
        var told = report.ServedTier.Length != 0;
        var known = PriceMultipliers.TryParse(told ? report.ServedTier : report.RequestedTier, out var tier, out var batch);
        batch |= report.Batch;
        if (!known || (!told && tier != ServiceTier.Standard))
        {
            flags |= CallFlags.Ambiguous;
            tier = ServiceTier.Standard;
        }

        var input = report.Usage.InputTotal;
        if (prices.ContextWindow != 0 && input > prices.ContextWindow) flags |= CallFlags.AboveContextWindow;
        return prices.Card(report.StartUnixMicros, input, batch ? ServiceTier.Standard : tier, batch, report.Region, report.Variant);
    }

    /// <summary>Visits the line items in the order of the meters. False: a part was used that has no price, so that the cost is unknown.</summary>
    private static bool Walk<TSink>(CallReport report, RateCard card, ref TSink sink)
        where TSink : struct, ILineSink
    {
        ref readonly var usage = ref report.Usage;
        var counted = card.IsBilledByCount && (usage.Images | usage.AudioMilliseconds | usage.SearchUnits) != 0;
        if (!counted && !WalkTokens(report, card, ref sink)) return false;
        if (usage.HasCounts && !WalkCounts(usage, card, ref sink)) return false;
        return card[Meter.Request] is null || Visit(card, Meter.Request, 1, ref sink);
    }

    private static bool WalkTokens<TSink>(CallReport report, RateCard card, ref TSink sink)
        where TSink : struct, ILineSink
    {
        ref readonly var usage = ref report.Usage;
        var unknownLife = card.LongWriteIsDearer && usage.CacheWrite5m != 0 && (report.Told & UsageParts.CacheWriteSplit) == 0;
        if (!(Visit(card, Meter.Input, usage.InputFresh, ref sink)
            && Visit(card, Meter.CacheRead, usage.CacheRead, ref sink)
            && Visit(card, Meter.CacheWrite5m, usage.CacheWrite5m, ref sink, unknownLife)
            && Visit(card, Meter.CacheWrite1h, usage.CacheWrite1h, ref sink)
            && Visit(card, Meter.Output, usage.OutputText, ref sink)
            && Visit(card, Meter.Reasoning, usage.OutputReasoning, ref sink))) return false;
        if ((usage.InputAudio | usage.OutputAudio | usage.InputImage | usage.OutputImage | usage.CacheReadAudio | usage.CacheReadImage) == 0) return true;
        return Visit(card, Meter.InputAudio, usage.InputAudio, ref sink)
            && Visit(card, Meter.OutputAudio, usage.OutputAudio, ref sink)
            && Visit(card, Meter.InputImage, usage.InputImage, ref sink)
            && Visit(card, Meter.OutputImage, usage.OutputImage, ref sink)
            && Visit(card, Meter.CacheReadAudio, usage.CacheReadAudio, ref sink)
            && Visit(card, Meter.CacheReadImage, usage.CacheReadImage, ref sink);
    }

    private static bool WalkCounts<TSink>(in UsageVector usage, RateCard card, ref TSink sink)
        where TSink : struct, ILineSink
    {
        // A picture, a recording or a search is what the tokens beside it were spent on: without a price of its own, their price is the whole price.
        var inTokens = usage.InputTotal + usage.OutputTotal != 0;
        if (!VisitWhole(card, Meter.Image, usage.Images, inTokens, ref sink)
            || !VisitWhole(card, Meter.InputAudioTime, usage.AudioMilliseconds, inTokens, ref sink)
            || !VisitWhole(card, Meter.SearchUnit, usage.SearchUnits, inTokens, ref sink)) return false;
        VisitFee(card, Meter.WebSearch, usage.WebSearches, ref sink);
        VisitFee(card, Meter.StorageSearch, usage.FileSearches, ref sink);
        VisitFee(card, Meter.CodeSession, usage.CodeSessions, ref sink);
        VisitFee(card, Meter.GpuTime, usage.GpuMilliseconds, ref sink);
        VisitFee(card, Meter.CacheStorage, usage.CacheStorageTokenHours, ref sink);
        return true;
    }

    private static bool Visit<TSink>(RateCard card, Meter meter, uint quantity, ref TSink sink, bool lowerBound = false)
        where TSink : struct, ILineSink
    {
        if (quantity == 0) return true;
        if (card[meter] is not { } rate) return false;
        sink.Add(meter, quantity, rate, lowerBound);
        return true;
    }

    private static bool VisitWhole<TSink>(RateCard card, Meter meter, uint quantity, bool inTokens, ref TSink sink)
        where TSink : struct, ILineSink => Visit(card, meter, quantity, ref sink) || inTokens;

    private static void VisitFee<TSink>(RateCard card, Meter meter, uint quantity, ref TSink sink)
        where TSink : struct, ILineSink
    {
        // The tokens have a price and a fee beside them has none: the sum is a lower bound, which the flag says.
        if (!Visit(card, meter, quantity, ref sink)) sink.AddUnknownFee(meter, quantity);
    }

    private static decimal FractionOf(PriceRow discount) => Math.Min(discount.Price, 1m);

    private static decimal Share(decimal usd, PriceRow discount) => decimal.Round(usd * FractionOf(discount), 12, MidpointRounding.ToEven);

    private static decimal ToUsd(UInt128 pico)
    {
        var low = (ulong)pico;
        return new decimal((int)low, (int)(low >> 32), (int)(uint)(pico >> 64), isNegative: false, scale: 12);
    }

    private ModelPrices Find(string provider, string model)
    {
        ref var place = ref _recent[Place(provider, model)];
        if (Volatile.Read(ref place) is { } recent && recent.Key.Provider == provider && recent.Key.Model == model) return recent.Prices;
        var key = new ModelKey(provider, model);
        var found = _remembered.TryGetValue(key, out var remembered) ? remembered : Remember(key);
        Volatile.Write(ref place, found);
        return found.Prices;
    }

    /// <summary>The ends of the names tell those in use apart; where two share a place, the last one has it.</summary>
    private static int Place(string provider, string model)
    {
        var hash = (uint)(provider.Length * 31 + model.Length);
        for (var i = Math.Max(0, model.Length - 8); i < model.Length; i++) hash = (hash ^ model[i]) * 0x01000193;
        if (model.Length > 12) hash = (hash ^ model[model.Length / 2] ^ (uint)model[4] << 8) * 0x01000193;
        return (int)((hash ^ (hash >> 15)) & (RecentPlaces - 1));
    }

    private Remembered Remember(ModelKey key)
    {
        var prices = _book.Find(key.Provider, key.Model);
        if (Interlocked.Increment(ref _rememberedCount) > MaxRememberedModels)
        {
            Interlocked.Exchange(ref _rememberedCount, 1);
            Interlocked.Increment(ref _forgotten);
            _remembered.Clear();
        }

        return _remembered.GetOrAdd(key, new Remembered(key, prices));
    }

    private readonly record struct ModelKey(string Provider, string Model);

    private sealed record Remembered(ModelKey Key, ModelPrices Prices);

    private interface ILineSink
    {
        void Add(Meter meter, uint quantity, MeterRate rate, bool lowerBound);

        void AddUnknownFee(Meter meter, uint quantity);
    }

    private struct CostSink : ILineSink
    {
        public UInt128 Pico;
        public CallFlags Flags;

        public void Add(Meter meter, uint quantity, MeterRate rate, bool lowerBound)
        {
            Pico += rate.CostPico(quantity);
            Flags |= lowerBound ? rate.Flags | CallFlags.CacheWriteLowerBound : rate.Flags;
        }

        public void AddUnknownFee(Meter meter, uint quantity) => Flags |= CallFlags.Ambiguous;
    }

    private readonly struct LineList(List<LineItem> items) : ILineReceiver
    {
        public List<LineItem> Items => items;

        public void Take(in RatedLine line) => items.Add(line.ToItem());
    }

    private struct ReceiverSink<TReceiver>(TReceiver receiver, CallReport report) : ILineSink
        where TReceiver : ILineReceiver
    {
        public TReceiver Receiver = receiver;
        public decimal Sum;

        private readonly bool IsFree => (report.Flags & (CallFlags.CacheHit | CallFlags.Capacity)) != 0;

        public void Add(Meter meter, uint quantity, MeterRate rate, bool lowerBound)
        {
            var cost = IsFree ? 0m : ToUsd(rate.CostPico(quantity));
            Sum += cost;
            var line = new RatedLine(meter, quantity, rate.Unit, rate.UnitSize, rate.UnitPrice, IsFree ? 0m : rate.Multiplier, cost, rate.PriceId, rate.Source, LabelOf(rate, lowerBound));
            Receiver.Take(line with { Agreed = rate.Agreed });
        }

        public void AddUnknownFee(Meter meter, uint quantity) =>
            Receiver.Take(new RatedLine(meter, quantity, Meters.Counted(meter).Unit, 1m, 0m, 0m, 0m, 0, "", PriceLabel.Unpriced));

        private readonly PriceLabel LabelOf(MeterRate rate, bool lowerBound) =>
            (report.Flags & CallFlags.CacheHit) != 0 ? PriceLabel.Avoided
            : (report.Flags & CallFlags.Capacity) != 0 ? PriceLabel.Capacity
            : lowerBound ? PriceLabel.LowerBound
            : rate.Label != PriceLabel.Exact ? rate.Label
            : report.UsageSource == UsageSource.Estimated ? PriceLabel.Estimated
            : (report.Flags & CallFlags.InferredProvider) != 0 ? PriceLabel.Inferred
            : PriceLabel.Exact;
    }
}
