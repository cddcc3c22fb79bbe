namespace FinOps.Domain.Pricing;

/// <summary>How a line item's price was found, for the reader of a call's cost.</summary>
public enum PriceLabel : byte
{
    /// <summary>The price of this meter stands in the price book.</summary>
    Exact = 0,
    /// <summary>The book has no price of this part; a higher one was used.</summary>
    UpperBound = 1,
    /// <summary>The part could have cost more than this.</summary>
    LowerBound = 2,
    /// <summary>A tier, batch or geography multiplier of ours was applied to the standard price.</summary>
    Multiplied = 3,
    /// <summary>The tokens themselves are an estimate.</summary>
    Estimated = 4,
    /// <summary>Nothing was billed: answered from a response cache. Quantity and unit price say what was avoided.</summary>
    Avoided = 5,
    /// <summary>No provider was told; the vendor that owns the model's name was taken, at its list price.</summary>
    Inferred = 6,
    /// <summary>Was used and has no price in the book: in no sum.</summary>
    Unpriced = 7,
    /// <summary>Drawn from capacity that is paid for as such. Quantity and unit are its own; it is not turned into money.</summary>
    Capacity = 8,
}

/// <summary>
/// One line of a call's cost: <c>Cost = round(Quantity / UnitSize × UnitPrice × Multiplier, 12 decimals, half to even)</c>.
/// </summary>
/// <param name="Meter">What was counted.</param>
/// <param name="Quantity">How much of it.</param>
/// <param name="Unit">Unit of the quantity: token, search, request, millisecond, picture; USD for a discount.</param>
/// <param name="UnitSize">The quantity that the unit price is for, for example 1,000,000 tokens.</param>
/// <param name="UnitPrice">USD for <paramref name="UnitSize"/>.</param>
/// <param name="Multiplier">1, or the factor of <see cref="PriceLabel.Multiplied"/>; 0 where nothing was billed, -1 for a discount.</param>
/// <param name="Cost">USD, 12 decimals.</param>
/// <param name="PriceId">The row in the price book.</param>
/// <param name="Source">Where that row came from, for example <c>@pydantic/genai-prices 0.1.8</c>.</param>
/// <param name="Label">How far to trust it.</param>
public sealed record LineItem(
    Meter Meter, decimal Quantity, string Unit, decimal UnitSize, decimal UnitPrice, decimal Multiplier, decimal Cost,
    long PriceId, string Source, PriceLabel Label)
{
    /// <summary>What was agreed in another currency, and the rate that the unit price was found with; null = the price is one of USD.</summary>
    public AgreedPrice? Agreed { get; init; }
}

/// <summary>A <see cref="LineItem"/> on its way into a sum.</summary>
public readonly record struct RatedLine(
    Meter Meter, decimal Quantity, string Unit, decimal UnitSize, decimal UnitPrice, decimal Multiplier, decimal Cost, long PriceId, string Source, PriceLabel Label)
{
    /// <inheritdoc cref="LineItem.Agreed"/>
    public AgreedPrice? Agreed { get; init; }

    public LineItem ToItem() => new(Meter, Quantity, Unit, UnitSize, UnitPrice, Multiplier, Cost, PriceId, Source, Label) { Agreed = Agreed };
}

/// <summary>Takes the line items of calls one after the other.</summary>
public interface ILineReceiver
{
    void Take(in RatedLine line);
}
