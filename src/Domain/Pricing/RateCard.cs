using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>The price of one meter under one set of conditions, ready to multiply.</summary>
internal sealed class MeterRate
{
    /// <summary>Largest price per unit, in 10⁻¹² USD, that whole numbers carry: thirteen meters × 2³² units × this stays below 2⁹⁶, a decimal's range.</summary>
    private const decimal MaxWholePico = 1UL << 60;

    public MeterRate(PriceRow row, decimal unitPrice, decimal multiplier, PriceLabel label, CallFlags flags)
    {
        Row = row;
        PriceId = row.ComputeId();
        UnitPrice = unitPrice;
        Multiplier = multiplier;
        // A bound on a price of nothing is exact.
        (Label, Flags) = unitPrice == 0 ? (PriceLabel.Exact, CallFlags.None) : (label, flags);
        var pico = unitPrice * multiplier * 1_000_000_000_000m / row.UnitSize;
        IsWhole = pico <= MaxWholePico && pico == decimal.Truncate(pico);
        Pico = IsWhole ? (ulong)pico : 0;
    }

    public PriceRow Row { get; }
    public long PriceId { get; }
    public decimal UnitPrice { get; }
    public decimal Multiplier { get; }
    public PriceLabel Label { get; }
    public CallFlags Flags { get; }

    /// <summary>The price of one unit is a whole number of 10⁻¹² USD, so that line items need no rounding.</summary>
    public bool IsWhole { get; }
    public ulong Pico { get; }

    /// <summary>The line item in 10⁻¹² USD, rounded half to even.</summary>
    public UInt128 CostPico(uint quantity) => IsWhole
        ? (UInt128)Pico * quantity
        : (UInt128)decimal.Round(quantity * UnitPrice * Multiplier / Row.UnitSize * 1_000_000_000_000m, 0, MidpointRounding.ToEven);

    /// <summary>The same price for a part that has none of its own.</summary>
    public MeterRate StandingIn(PriceLabel label, CallFlags flags) => new(Row, UnitPrice, Multiplier, label, Flags | flags);
}

/// <summary>All prices of one model for one interval, window of the day, context tier, service tier, batch and region.</summary>
internal sealed class RateCard
{
    private readonly MeterRate?[] _rates = new MeterRate?[Meters.BillableCount];

    private RateCard(CallFlags flags) => Flags = flags;

    public MeterRate? this[Meter meter] => _rates[(int)meter];

    /// <summary>What holds for the whole card, whatever was used.</summary>
    public CallFlags Flags { get; }

    /// <summary>The row that stands for the card in a call: the input price. 0 = the card has nothing that a call can be billed by.</summary>
    public long PriceId { get; private set; }

    /// <summary>Writes that live an hour cost more than short ones: a write of unknown life is a lower bound.</summary>
    public bool LongWriteIsDearer { get; private set; }

    public static RateCard Compile(IReadOnlyList<PriceRow> rows, uint contextStart, ServiceTier tier, bool batch, string region)
    {
        var seller = rows[0].Provider;
        var model = rows[0].Model;
        var tierName = batch ? "" : PriceMultipliers.Name(tier);
        var factor = batch ? PriceMultipliers.Batch(seller) : PriceMultipliers.Tier(seller, model, tier);
        var special = batch || tier != ServiceTier.Standard;
        var explicitRows = special && rows.Any(r => r.Batch == batch && r.ServiceTier == tierName);
        // A batch is never dearer than the same calls one by one; of an unknown tier we cannot even say that.
        var (label, flags) = factor switch
        {
            1m => (PriceLabel.Exact, CallFlags.None),
            not null => (PriceLabel.Multiplied, CallFlags.Multiplied),
            null when batch => (PriceLabel.UpperBound, CallFlags.UpperBound),
            null => (PriceLabel.Exact, CallFlags.None),
        };
        var card = new RateCard(factor is null && !batch && !explicitRows ? CallFlags.Ambiguous : CallFlags.None);

        var input = Rate(Meter.Input);
        var output = Rate(Meter.Output);
        // Embedding, rerank and moderation models have an input price only: their output is not billed.
        if (output is null && input is not null && !rows.Any(r => r.Meter == Meter.Output))
            output = new MeterRate(input.Row, 0m, 1m, PriceLabel.Exact, CallFlags.None);
        var shortWrite = Rate(Meter.CacheWrite5m) ?? input?.StandingIn(PriceLabel.LowerBound, CallFlags.CacheWriteLowerBound);
        var longWrite = Rate(Meter.CacheWrite1h) ?? (PriceMultipliers.IsClaude(model)
            ? input is null ? null : new MeterRate(input.Row, input.UnitPrice, input.Multiplier * PriceMultipliers.AnthropicLongCacheWrite, PriceLabel.Multiplied, CallFlags.Multiplied)
            : shortWrite?.StandingIn(PriceLabel.LowerBound, CallFlags.CacheWriteLowerBound));

        card.Set(Meter.Input, input);
        card.Set(Meter.CacheRead, Rate(Meter.CacheRead) ?? input?.StandingIn(PriceLabel.UpperBound, CallFlags.UpperBound));
        card.Set(Meter.CacheWrite5m, shortWrite);
        card.Set(Meter.CacheWrite1h, longWrite);
        card.Set(Meter.Output, output);
        card.Set(Meter.Reasoning, Rate(Meter.Reasoning) ?? output);
        // Images without a price of their own are billed as text tokens; audio is always dearer, so its stand-in is doubtful.
        card.Set(Meter.InputImage, Rate(Meter.InputImage) ?? input);
        card.Set(Meter.OutputImage, Rate(Meter.OutputImage) ?? output);
        card.Set(Meter.InputAudio, Rate(Meter.InputAudio) ?? input?.StandingIn(PriceLabel.LowerBound, CallFlags.Ambiguous));
        card.Set(Meter.OutputAudio, Rate(Meter.OutputAudio) ?? output?.StandingIn(PriceLabel.LowerBound, CallFlags.Ambiguous));
        card.Set(Meter.WebSearch, Rate(Meter.WebSearch));
        card.Set(Meter.Request, Rate(Meter.Request));
        card.Set(Meter.GpuTime, Rate(Meter.GpuTime));
        card.PriceId = Array.Find(card._rates, r => r is not null)?.PriceId ?? 0;
        card.LongWriteIsDearer = longWrite is not null && shortWrite is not null
            && longWrite.UnitPrice * longWrite.Multiplier / longWrite.Row.UnitSize > shortWrite.UnitPrice * shortWrite.Multiplier / shortWrite.Row.UnitSize;
        return card;

        MeterRate? Rate(Meter meter)
        {
            if (special && Pick(meter, tierName, batch) is { } own)
                return new MeterRate(own, own.Price, 1m, PriceLabel.Exact, CallFlags.None);
            if (Pick(meter, "", false) is not { } standard) return null;
            return Meters.IsToken(meter)
                ? new MeterRate(standard, standard.Price, factor ?? 1m, label, flags)
                : new MeterRate(standard, standard.Price, 1m, PriceLabel.Exact, CallFlags.None);
        }

        // The most special row that holds: its window of the day, its platform, its region, then the highest context tier that was passed.
        PriceRow? Pick(Meter meter, string serviceTier, bool batched) => rows
            .Where(r => r.Meter == meter && r.ServiceTier == serviceTier && r.Batch == batched && r.ContextStart <= contextStart
                && (r.Region.Length == 0 || r.Region == region))
            .OrderByDescending(r => r.DayStart is not null)
            .ThenByDescending(r => r.HostPlatform.Length != 0)
            .ThenByDescending(r => r.Region.Length != 0)
            .ThenByDescending(r => r.ContextStart)
            .FirstOrDefault();
    }

    private void Set(Meter meter, MeterRate? rate) => _rates[(int)meter] = rate;
}
