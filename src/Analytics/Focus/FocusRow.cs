using System.Globalization;
using FinOps.Domain.Pricing;

namespace FinOps.Analytics.Focus;

/// <summary>What a row is of. A file holds the kinds that are asked for, in this order; a new kind is a further <see cref="IFocusRows"/>.</summary>
public enum FocusRowKind
{
    /// <summary>What calls used and cost.</summary>
    Usage,

    /// <summary>Accepted differences between bills and estimates, by the day that they count for.</summary>
    Adjustments,

    /// <summary>What changed in a month after its books were closed, by the day that it was booked on. With them, usage of closed months is told as it was closed.</summary>
    Corrections,

    /// <summary>Time of GPUs, whether it was used or idle.</summary>
    Gpus,

    /// <summary>What vector databases and buckets took, whether it was used or idle.</summary>
    DataStores,

    /// <summary>What commitments left unused, and hours of provisioned throughput. With them, usage says on which commitment it drew.</summary>
    Commitments,

    /// <summary>Lines of the bills that count.</summary>
    Billed,
}

/// <summary>What a charge's cost rests on.</summary>
public enum FocusCostBasis
{
    /// <summary>Computed from what calls used and a price: no invoice says it.</summary>
    Estimated,
    /// <summary>Was used and has no price: the costs are 0 because nothing is known.</summary>
    Unpriced,
    /// <summary>A difference that a person accepted: it takes estimates to what was billed.</summary>
    Adjustment,
    /// <summary>A line of a provider's bill.</summary>
    Billed,
}

/// <summary>
/// One charge. Amounts are USD, the currency of prices; <see cref="FocusColumns"/> turns them into the billing currency. What no row of ours can tell (capacity reservations, contracts)
/// has columns and no members here.
/// </summary>
public sealed record FocusRow
{
    public FocusRowKind Kind { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }

    /// <summary>A day of the month that it is charged in, where that is not the month of <see cref="From"/>: a correction counts when it is found.</summary>
    public DateOnly? BookedOn { get; init; }
    public required string AccountId { get; init; }
    public required string AccountName { get; init; }

    /// <summary>Null for what is the whole organisation's: bills, hardware, closed books.</summary>
    public string? ProjectId { get; init; }
    public string? ProjectName { get; init; }
    public required FocusSeller Seller { get; init; }
    public string ServiceCategory { get; init; } = "AI and Machine Learning";
    public string ServiceSubcategory { get; init; } = "Generative AI";

    /// <summary>Usage, Credit or Adjustment.</summary>
    public required string ChargeCategory { get; init; }

    /// <summary>It corrects a period that was closed before.</summary>
    public bool IsCorrection { get; init; }

    /// <summary>Usage-Based or One-Time.</summary>
    public string ChargeFrequency { get; init; } = "Usage-Based";
    public required string Description { get; init; }
    public required FocusCostBasis Basis { get; init; }

    /// <summary>What it cost at the tenant's prices, or was adjusted by; 0 for a line of a bill, so that no cost column counts anything twice (docs/adr/0021).</summary>
    public required decimal Cost { get; init; }
    public required decimal ListCost { get; init; }

    /// <summary>What a bill says; 0 for everything that no bill says.</summary>
    public decimal BilledCost { get; init; }

    /// <summary>Null where there is no price.</summary>
    public decimal? UnitPrice { get; init; }
    public decimal? ListUnitPrice { get; init; }
    public decimal? PricingQuantity { get; init; }
    public string? PricingUnit { get; init; }
    public string? PricingCategory { get; init; }
    public decimal? ConsumedQuantity { get; init; }
    public string? ConsumedUnit { get; init; }
    public string? SkuId { get; init; }
    public string? SkuMeter { get; init; }
    public string? SkuPriceId { get; init; }

    /// <summary>A flat JSON object; null = none.</summary>
    public string? SkuPriceDetails { get; init; }
    public string? Region { get; init; }
    public string? ResourceId { get; init; }
    public string? ResourceType { get; init; }

    /// <summary>A flat JSON object; null = none.</summary>
    public string? Tags { get; init; }
    public string Model { get; init; } = "";
    public string? PriceLabel { get; init; }
    public string? PriceSource { get; init; }

    /// <summary>Null where no calls are counted.</summary>
    public long? Calls { get; init; }

    /// <summary>The bill that it is of, or was accepted from.</summary>
    public Guid? BillId { get; init; }

    /// <summary>Why bill and estimate differ.</summary>
    public string? AdjustmentCause { get; init; }

    /// <summary>used, idle, unallocated or wasted.</summary>
    public string? GpuTime { get; init; }

    /// <summary>Of a vector database or bucket: used, idle, unallocated or wasted.</summary>
    public string? StoreUse { get; init; }

    /// <summary>The commitment that it drew on, or is the unused part of.</summary>
    public FocusCommitment? Commitment { get; init; }

    /// <summary>Set where the price was agreed in another currency than USD: the pricing currency, and the rate of the price.</summary>
    public AgreedPrice? Agreed { get; init; }

    /// <summary>The unit price as it was agreed, with the factor of a tier or batch; null = in USD.</summary>
    public decimal? AgreedUnitPrice { get; init; }

    /// <summary>What one USD is in the pricing currency.</summary>
    public decimal PricingRate => Agreed?.Rate ?? 1m;

    /// <summary>ISO 4217; the currency that costs are told in.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>What one USD is in <see cref="Currency"/> on <see cref="RateDay"/>.</summary>
    public decimal Rate { get; init; } = 1m;

    /// <summary>The day that it counts for.</summary>
    public DateOnly RateDay => BookedOn ?? DateOnly.FromDateTime(From.UtcDateTime);

    /// <summary>Start of the month that it is charged in.</summary>
    public DateTimeOffset BillingPeriod => new(RateDay.Year, RateDay.Month, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Without zeros at the end, which say nothing.</summary>
    internal static string Plain(decimal value) => (value / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);
}
