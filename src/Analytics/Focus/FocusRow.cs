using FinOps.Domain.Pricing;

namespace FinOps.Analytics.Focus;

/// <summary>What a charge's cost rests on.</summary>
public enum FocusCostBasis
{
    /// <summary>Computed from what calls used and a price: no invoice says it.</summary>
    Estimated,
    /// <summary>Was used and has no price: the costs are 0 because nothing is known.</summary>
    Unpriced,
}

/// <summary>
/// One charge. Amounts are USD, the currency of prices; <see cref="FocusColumns"/> turns them into the billing currency. What no row of ours can tell (commitments, capacity reservations, contracts)
/// has columns and no members here.
/// </summary>
public sealed record FocusRow
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required string AccountId { get; init; }
    public required string AccountName { get; init; }
    public required string ProjectId { get; init; }
    public required string? ProjectName { get; init; }
    public required FocusSeller Seller { get; init; }

    /// <summary>Usage or Credit.</summary>
    public required string ChargeCategory { get; init; }
    public required string Description { get; init; }
    public required FocusCostBasis Basis { get; init; }

    /// <summary>What calls cost at the tenant's prices.</summary>
    public required decimal Cost { get; init; }
    public required decimal ListCost { get; init; }

    /// <summary>Null where there is no price.</summary>
    public required decimal? UnitPrice { get; init; }
    public required decimal? ListUnitPrice { get; init; }
    public required decimal? PricingQuantity { get; init; }
    public required string? PricingUnit { get; init; }
    public required string? PricingCategory { get; init; }
    public required decimal? ConsumedQuantity { get; init; }
    public required string? ConsumedUnit { get; init; }
    public required string? SkuId { get; init; }
    public required string? SkuMeter { get; init; }
    public required string? SkuPriceId { get; init; }

    /// <summary>A flat JSON object; null = none.</summary>
    public required string? SkuPriceDetails { get; init; }
    public required string? Region { get; init; }

    /// <summary>A flat JSON object; null = none.</summary>
    public required string? Tags { get; init; }
    public required string Model { get; init; }
    public required string? PriceLabel { get; init; }
    public required string? PriceSource { get; init; }
    public required long Calls { get; init; }

    /// <summary>Set where the price was agreed in another currency than USD: the pricing currency, and the rate of the price.</summary>
    public AgreedPrice? Agreed { get; init; }

    /// <summary>The unit price as it was agreed, with the factor of a tier or batch; null = in USD.</summary>
    public decimal? AgreedUnitPrice { get; init; }

    /// <summary>What one USD is in the pricing currency.</summary>
    public decimal PricingRate => Agreed?.Rate ?? 1m;

    /// <summary>ISO 4217; the currency that costs are told in.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>What one USD is in <see cref="Currency"/> on the day of the charge.</summary>
    public decimal Rate { get; init; } = 1m;
}
