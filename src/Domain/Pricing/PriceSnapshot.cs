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

    private readonly PriceBook _book;
    private readonly ConcurrentDictionary<ModelKey, ModelPrices> _remembered = new();
    private int _rememberedCount;
    private long _forgotten;

    private PriceSnapshot(PriceBook book, string version)
    {
        _book = book;
        Version = version;
    }

    /// <summary>A book without prices: every call with usage is unpriced.</summary>
    public static PriceSnapshot Empty { get; } = new(new PriceBook([], []), "");

    /// <summary>Names the content, for display and logs.</summary>
    public string Version { get; }

    /// <summary>How often <see cref="MaxRememberedModels"/> was reached.</summary>
    public long TimesForgotten => Interlocked.Read(ref _forgotten);

    /// <param name="providers">Sellers, in the order in which their clauses are tried.</param>
    /// <param name="rows">Every row that is believed now; rows of unknown providers are never found.</param>
    /// <param name="version">Names the content.</param>
    public static PriceSnapshot Create(IEnumerable<PriceProvider> providers, IEnumerable<PriceRow> rows, string version) =>
        new(new PriceBook(providers, rows), version);

    public static PriceSnapshot Create(PriceCatalogue catalogue) =>
        Create(catalogue.Providers, catalogue.Rows, $"{catalogue.Source} {catalogue.Version}");

    /// <summary>
    /// Infers the provider where none was told (sets it, with <see cref="CallFlags.InferredProvider"/>), finds the prices of the served model
    /// (the requested one if none was told) at the call's start, and sets cost, price id and <see cref="RatingFlags"/>. Rating a call again
    /// gives the same. An answered call without usage is unpriced: its cost is unknown. A failed attempt without usage costs nothing.
    /// </summary>
    public void Rate(CallReport report)
    {
        report.Cost = 0;
        report.PriceId = 0;
        report.Flags &= ~RatingFlags;
        var prices = Find(report.Provider, report.Model);
        if (prices.InferredProvider is { } vendor)
        {
            report.Provider = vendor;
            report.Flags |= CallFlags.InferredProvider;
        }

        if ((report.Flags & CallFlags.CacheHit) != 0) return;
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
        report.PriceId = card.PriceId;
        report.Flags |= flags | card.Flags | sum.Flags;
    }

    /// <summary>
    /// The line items behind the cost, for display; their costs sum to it. Empty for an unpriced call. For an answer from a response cache
    /// the items cost nothing and say what was avoided.
    /// </summary>
    public IReadOnlyList<LineItem> Explain(CallReport report)
    {
        if (!report.HasUsage) return [];
        var card = CardFor(report, Find(report.Provider, report.Model), out _);
        if (card is null || card.PriceId == 0) return [];
        var sink = new ItemSink([], (report.Flags & CallFlags.CacheHit) != 0, report.UsageSource == UsageSource.Estimated);
        return Walk(report, card, ref sink) ? sink.Items : [];
    }

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
        return prices.Card(report.StartUnixMicros, input, batch ? ServiceTier.Standard : tier, batch, report.Region);
    }

    /// <summary>Visits the line items in the order of the meters. False: a part was used that has no price, so that the cost is unknown.</summary>
    private static bool Walk<TSink>(CallReport report, RateCard card, ref TSink sink)
        where TSink : struct, ILineSink
    {
        ref readonly var usage = ref report.Usage;
        var unknownLife = card.LongWriteIsDearer && usage.CacheWrite5m != 0 && (report.Told & UsageParts.CacheWriteSplit) == 0;
        return Visit(card, Meter.Input, usage.InputFresh, ref sink)
            && Visit(card, Meter.CacheRead, usage.CacheRead, ref sink)
            && Visit(card, Meter.CacheWrite5m, usage.CacheWrite5m, ref sink, unknownLife)
            && Visit(card, Meter.CacheWrite1h, usage.CacheWrite1h, ref sink)
            && Visit(card, Meter.Output, usage.OutputText, ref sink)
            && Visit(card, Meter.Reasoning, usage.OutputReasoning, ref sink)
            && Visit(card, Meter.InputAudio, usage.InputAudio, ref sink)
            && Visit(card, Meter.OutputAudio, usage.OutputAudio, ref sink)
            && Visit(card, Meter.InputImage, usage.InputImage, ref sink)
            && Visit(card, Meter.OutputImage, usage.OutputImage, ref sink)
            && Visit(card, Meter.WebSearch, usage.WebSearches, ref sink)
            && Visit(card, Meter.GpuTime, usage.GpuMilliseconds, ref sink)
            && (card[Meter.Request] is null || Visit(card, Meter.Request, 1, ref sink));
    }

    private static bool Visit<TSink>(RateCard card, Meter meter, uint quantity, ref TSink sink, bool lowerBound = false)
        where TSink : struct, ILineSink
    {
        if (quantity == 0) return true;
        if (card[meter] is { } rate)
        {
            sink.Add(meter, quantity, rate, lowerBound);
            return true;
        }

        if (meter is not (Meter.WebSearch or Meter.GpuTime)) return false;
        // The tokens have a price and a fee beside them has none: the sum is a lower bound, which the flag says.
        sink.AddUnknownFee();
        return true;
    }

    private static decimal ToUsd(UInt128 pico)
    {
        var low = (ulong)pico;
        return new decimal((int)low, (int)(low >> 32), (int)(uint)(pico >> 64), isNegative: false, scale: 12);
    }

    private ModelPrices Find(string provider, string model) =>
        _remembered.TryGetValue(new ModelKey(provider, model), out var prices) ? prices : Remember(provider, model);

    private ModelPrices Remember(string provider, string model)
    {
        var prices = _book.Find(provider, model);
        if (Interlocked.Increment(ref _rememberedCount) > MaxRememberedModels)
        {
            Interlocked.Exchange(ref _rememberedCount, 1);
            Interlocked.Increment(ref _forgotten);
            _remembered.Clear();
        }

        return _remembered.GetOrAdd(new ModelKey(provider, model), prices);
    }

    private readonly record struct ModelKey(string Provider, string Model);

    private interface ILineSink
    {
        void Add(Meter meter, uint quantity, MeterRate rate, bool lowerBound);

        void AddUnknownFee();
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

        public void AddUnknownFee() => Flags |= CallFlags.Ambiguous;
    }

    private readonly struct ItemSink(List<LineItem> items, bool avoided, bool estimated) : ILineSink
    {
        public List<LineItem> Items => items;

        public void Add(Meter meter, uint quantity, MeterRate rate, bool lowerBound)
        {
            var label = avoided ? PriceLabel.Avoided
                : lowerBound ? PriceLabel.LowerBound
                : rate.Label == PriceLabel.Exact && estimated ? PriceLabel.Estimated
                : rate.Label;
            var source = rate.Multiplier == 1m ? rate.Row.Source : $"{rate.Row.Source}, multipliers {PriceMultipliers.Version}";
            items.Add(new LineItem(
                meter, quantity, Meters.Unit(meter), rate.Row.UnitSize, rate.UnitPrice, avoided ? 0m : rate.Multiplier,
                avoided ? 0m : ToUsd(rate.CostPico(quantity)), rate.PriceId, source, label));
        }

        public void AddUnknownFee()
        {
        }
    }
}
