using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>Under which conditions a card holds.</summary>
/// <param name="ContextStart">The context tier: for attempts with more input tokens than this.</param>
/// <param name="Region">A region that has rows of its own; else empty.</param>
/// <param name="Variant">A variant that has rows of its own; else empty.</param>
/// <param name="Geography">The seller's factor for a told region that has no rows of its own; 1 = none.</param>
internal readonly record struct CardConditions(uint ContextStart, ServiceTier Tier, bool Batch, string Region, string Variant, decimal Geography);

/// <summary>All prices of one model for one interval, window of the day, context tier, service tier, batch, region and variant.</summary>
internal sealed class RateCard
{
    private readonly MeterRate?[] _rates = new MeterRate?[Meters.Count];

    private RateCard(CallFlags flags) => Flags = flags;

    public MeterRate? this[Meter meter] => _rates[(int)meter];

    /// <summary>What holds for the whole card, whatever was used.</summary>
    public CallFlags Flags { get; }

    /// <summary>The row that stands for the card in a call: the input price. 0 = the card has nothing that a call can be billed by.</summary>
    public long PriceId { get; private set; }

    /// <summary>Writes that live an hour cost more than short ones: a write of unknown life is a lower bound.</summary>
    public bool LongWriteIsDearer { get; private set; }

    /// <summary>The model has no price of tokens: pictures, sound or search units are what it is billed by, and tokens told beside them cost nothing.</summary>
    public bool IsBilledByCount { get; private set; }

    /// <summary>The share that is taken off the sum of the lines; null = none.</summary>
    public PriceRow? Discount { get; private set; }

    /// <summary>The id of <see cref="Discount"/>; 0 = none.</summary>
    public long DiscountId { get; private set; }

    public static RateCard Compile(IReadOnlyList<PriceRow> rows, CardConditions when)
    {
        // Factors go by the public entry, which knows the model's own name and seller; a tenant's row may call itself anything.
        var entry = rows.FirstOrDefault(r => r.Tenant is null) ?? rows[0];
        var tierName = when.Batch ? "" : PriceMultipliers.Name(when.Tier);
        var factor = when.Batch ? PriceMultipliers.Batch(entry.Provider) : PriceMultipliers.Tier(entry.Provider, entry.Model, when.Tier);
        var special = when.Batch || when.Tier != ServiceTier.Standard;
        var explicitRows = special && rows.Any(r => r.Batch == when.Batch && r.ServiceTier == tierName);
        // A batch is never dearer than the same calls one by one; of an unknown tier we cannot even say that.
        var (label, flags) = factor is null && when.Batch ? (PriceLabel.UpperBound, CallFlags.UpperBound) : (PriceLabel.Exact, CallFlags.None);
        var card = new RateCard(factor is null && !when.Batch && !explicitRows ? CallFlags.Ambiguous : CallFlags.None);

        var input = Rate(Meter.Input);
        var output = Rate(Meter.Output);
        // Embedding, rerank and moderation models have an input price only: their output is not billed.
        if (output is null && input is not null && !rows.Any(r => r.Meter == Meter.Output)) output = new MeterRate(input.Row, 1m, PriceLabel.Exact, CallFlags.None, 0m);
        var shortWrite = Rate(Meter.CacheWrite5m) ?? input?.StandingIn(PriceLabel.LowerBound, CallFlags.CacheWriteLowerBound);
        var longWrite = Rate(Meter.CacheWrite1h) ?? (PriceMultipliers.IsClaude(entry.Model)
            ? input is null ? null : new MeterRate(input.Row, input.Multiplier * PriceMultipliers.AnthropicLongCacheWrite, PriceLabel.Multiplied, CallFlags.Multiplied)
            : shortWrite?.StandingIn(PriceLabel.LowerBound, CallFlags.CacheWriteLowerBound));
        var read = Rate(Meter.CacheRead) ?? input?.StandingIn(PriceLabel.UpperBound, CallFlags.UpperBound);
        var (audio, image) = (Rate(Meter.InputAudio), Rate(Meter.InputImage));

        card.Set(Meter.Input, input);
        card.Set(Meter.CacheRead, read);
        card.Set(Meter.CacheWrite5m, shortWrite);
        card.Set(Meter.CacheWrite1h, longWrite);
        card.Set(Meter.Output, output);
        card.Set(Meter.Reasoning, Rate(Meter.Reasoning) ?? output);
        // Images without a price of their own are billed as text tokens; audio is always dearer, so its stand-in is doubtful.
        card.Set(Meter.InputImage, image ?? input);
        card.Set(Meter.OutputImage, Rate(Meter.OutputImage) ?? output);
        card.Set(Meter.InputAudio, audio ?? input?.StandingIn(PriceLabel.LowerBound, CallFlags.Ambiguous));
        card.Set(Meter.OutputAudio, Rate(Meter.OutputAudio) ?? output?.StandingIn(PriceLabel.LowerBound, CallFlags.Ambiguous));
        // Of the cache a modality costs at most what it costs fresh.
        card.Set(Meter.CacheReadAudio, Rate(Meter.CacheReadAudio) ?? audio?.StandingIn(PriceLabel.UpperBound, CallFlags.UpperBound) ?? read);
        card.Set(Meter.CacheReadImage, Rate(Meter.CacheReadImage) ?? image?.StandingIn(PriceLabel.UpperBound, CallFlags.UpperBound) ?? read);
        card.Set(Meter.InputAudioTime, Rate(Meter.InputAudioTime) ?? Rate(Meter.AudioTime));
        foreach (var meter in (ReadOnlySpan<Meter>)[Meter.WebSearch, Meter.Request, Meter.GpuTime, Meter.StorageSearch, Meter.CodeSession, Meter.Image, Meter.SearchUnit, Meter.CacheStorage])
            card.Set(meter, Rate(meter));
        card.PriceId = Array.Find(card._rates, r => r is not null)?.PriceId ?? 0;
        card.LongWriteIsDearer = longWrite is not null && shortWrite is not null && longWrite.PerUnit > shortWrite.PerUnit;
        card.IsBilledByCount = input is null && output is null && (card[Meter.Image] ?? card[Meter.InputAudioTime] ?? card[Meter.SearchUnit]) is not null;
        card.Discount = Pick(IsOwn, Meter.Discount, "", false) ?? Pick(IsBehind, Meter.Discount, "", false);
        card.DiscountId = card.Discount?.ComputeId() ?? 0;
        return card;

        static bool IsOwn(PriceRow row) => row.Tenant is not null && !row.ThroughAlias;

        static bool IsBehind(PriceRow row) => row.ThroughAlias;

        // A tenant's own price goes before the public one of the same meter, and a row that says the tier before a factor.
        MeterRate? Rate(Meter meter) => RateOf(IsOwn, meter) ?? RateOf(IsBehind, meter) ?? RateOf(r => r.Tenant is null, meter);

        MeterRate? RateOf(Func<PriceRow, bool> whose, Meter meter)
        {
            if (special && Pick(whose, meter, tierName, when.Batch) is { } own) return Multiply(own, 1m, PriceLabel.Exact, CallFlags.None);
            if (Pick(whose, meter, "", false) is not { } standard) return null;
            return Meters.IsToken(meter) ? Multiply(standard, factor ?? 1m, label, flags) : new MeterRate(standard, 1m, PriceLabel.Exact, CallFlags.None);
        }

        MeterRate Multiply(PriceRow row, decimal tierFactor, PriceLabel bound, CallFlags boundFlags)
        {
            var multiplier = Meters.IsToken(row.Meter) && row.Region.Length == 0 ? tierFactor * when.Geography : tierFactor;
            return bound == PriceLabel.Exact && multiplier != 1m
                ? new MeterRate(row, multiplier, PriceLabel.Multiplied, CallFlags.Multiplied)
                : new MeterRate(row, multiplier, bound, boundFlags);
        }

        // The most special row that holds: its project, its window of the day, its platform, its region, its variant, then the highest context tier that was passed.
        PriceRow? Pick(Func<PriceRow, bool> whose, Meter meter, string serviceTier, bool batched) => rows
            .Where(r => r.Meter == meter && whose(r) && r.ServiceTier == serviceTier && r.Batch == batched && r.ContextStart <= when.ContextStart
                && (r.Region.Length == 0 || r.Region == when.Region) && (r.Variant.Length == 0 || r.Variant == when.Variant))
            .OrderByDescending(r => r.Project is not null)
            .ThenByDescending(r => r.DayStart is not null)
            .ThenByDescending(r => r.HostPlatform.Length != 0)
            .ThenByDescending(r => r.Region.Length != 0)
            .ThenByDescending(r => r.Variant.Length != 0)
            .ThenByDescending(r => r.ContextStart)
            .FirstOrDefault();
    }

    private void Set(Meter meter, MeterRate? rate) => _rates[(int)meter] = rate;
}
