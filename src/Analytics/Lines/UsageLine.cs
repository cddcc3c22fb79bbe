using FinOps.Analytics.Spend;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Lines;

/// <summary>
/// One line of what calls cost: the sum of the equal line items of a period's calls. All lines of a range sum to the stored costs of its calls, to the last decimal.
/// </summary>
public sealed record UsageLine
{
    /// <summary>Start of the period, in UTC.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End of the period; does not belong to it.</summary>
    public required DateTimeOffset To { get; init; }
    public required ProjectId Project { get; init; }

    /// <summary>As telemetry names it: whose API answered, which is also the host (aws.bedrock, azure.ai.openai …).</summary>
    public required string Provider { get; init; }
    public required string Region { get; init; }

    /// <summary>The served model, else the requested one.</summary>
    public required string Model { get; init; }

    /// <summary>The service tier as told; empty = standard.</summary>
    public required string Tier { get; init; }
    public required bool Batch { get; init; }

    /// <summary>Quality and size of a picture; empty = not told.</summary>
    public required string Variant { get; init; }

    /// <summary>The tags that were asked for; the others are empty.</summary>
    public required TagSet Tags { get; init; }

    /// <summary>Null: calls that told no usage (unpriced), or the part of their cost that their price book explains no longer (<see cref="Label"/> is null).</summary>
    public required Meter? Meter { get; init; }

    /// <summary>How far to trust the price. Null: rated by an older release with prices that are not kept.</summary>
    public required PriceLabel? Label { get; init; }

    /// <summary>The tokens are somebody's estimate, not the provider's count.</summary>
    public required bool IsEstimated { get; init; }

    /// <summary>The row of the price book; 0 = none.</summary>
    public required long PriceId { get; init; }
    public required string Source { get; init; }

    /// <summary>Unit of the quantity: token, search, millisecond …</summary>
    public required string Unit { get; init; }

    /// <summary>The quantity that the prices are for.</summary>
    public required decimal UnitSize { get; init; }

    /// <summary>USD for <see cref="UnitSize"/>, before the multiplier.</summary>
    public required decimal UnitPrice { get; init; }
    public required decimal Multiplier { get; init; }

    /// <summary>Set where the price was agreed in another currency: that price, and the rate that <see cref="UnitPrice"/> was found with.</summary>
    public AgreedPrice? Agreed { get; init; }

    /// <summary>USD for <see cref="UnitSize"/> by the public list, its multiplier included; null where the list has no such price.</summary>
    public required decimal? ListUnitPrice { get; init; }
    public required decimal Quantity { get; init; }

    /// <summary>USD, 12 decimals.</summary>
    public required decimal Cost { get; init; }

    /// <summary>USD by the public list, without the tenant's own prices and discounts; null where the list has no such price.</summary>
    public required decimal? ListCost { get; init; }

    /// <summary>Calls that have such a line item. A call has several, so these do not sum to the calls.</summary>
    public required long Calls { get; init; }

    /// <summary>Was used, and its cost is not known: it is in no sum.</summary>
    public bool IsUnpriced => Label == PriceLabel.Unpriced;
}
