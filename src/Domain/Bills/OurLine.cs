using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

/// <summary>What our calls of one hour used of one meter, and what they cost.</summary>
/// <param name="Hour">Start of the hour, UTC.</param>
/// <param name="Provider">As the telemetry tells it.</param>
/// <param name="Model">As the figures go by it.</param>
/// <param name="Meter">Null: a cost that the price book explains no longer.</param>
/// <param name="Label">How far the price is to be trusted.</param>
/// <param name="Tier">The served tier; empty = standard or not told.</param>
/// <param name="Quantity">In the meter's counted unit.</param>
/// <param name="Cost">USD, 12 decimals.</param>
public sealed record OurLine(
    DateTimeOffset Hour, string Provider, string Model, Meter? Meter, PriceLabel Label, string Region, string Tier, bool Batch, decimal Quantity, decimal Cost);

/// <summary>What calls of one hour used that our figures leave out, and how many calls told nothing of what they used.</summary>
/// <param name="Calls">Answered calls.</param>
/// <param name="WithoutUsage">Of them, those that told no usage.</param>
/// <param name="Unpriced">What calls without a price used, by meter.</param>
public sealed record LeftOut(DateTimeOffset Hour, string Provider, string Model, long Calls, long WithoutUsage, IReadOnlyDictionary<Meter, decimal> Unpriced);
