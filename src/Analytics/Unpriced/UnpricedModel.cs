using FinOps.Analytics.Spend;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Unpriced;

/// <summary>The calls of a range whose cost is unknown, by provider and model.</summary>
public sealed record UnpricedQuestion(TenantId Tenant, TimeRange Range)
{
    public const int MaxLimit = 500;

    /// <summary>Groups, those with most calls first. 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>Why calls have no price, and so what helps.</summary>
public enum UnpricedReason
{
    /// <summary>No entry of the price book is for this name at this provider: an alias or an own price helps.</summary>
    NoPriceOfModel,

    /// <summary>The book has prices of it, but not for the time of these calls: an own price from then on helps.</summary>
    NoPriceThen,

    /// <summary>Something that was used has no price (a picture of this size, say): an own price of it helps.</summary>
    PartWithoutPrice,

    /// <summary>The book has a price by now: rating the calls anew helps.</summary>
    PricedSince,

    /// <summary>The calls told no usage: only their instrumentation can help.</summary>
    NoUsage,
}

/// <summary>What calls would be if their name stood for a listed model.</summary>
/// <param name="Model">The model, and why it is suggested.</param>
/// <param name="EstimatedCost">USD of all calls of the group at the usage of an average one: an estimate. The preview of the re-rating tells exactly. Null = it has no price for these calls either.</param>
/// <param name="Prices">Its standard prices of token meters, for who makes an own price by its example.</param>
public sealed record UnpricedSuggestion(ModelSuggestion Model, decimal? EstimatedCost, IReadOnlyList<MeterPrice> Prices);

/// <param name="Price">USD for the meter's usual size (<see cref="OwnPriceRules.UsualUnitSize"/>).</param>
public readonly record struct MeterPrice(Meter Meter, decimal Price);

/// <param name="Provider">As told; empty = none was.</param>
/// <param name="Model">As told; empty = none was.</param>
/// <param name="Reason">Why they have no price.</param>
/// <param name="Calls">Answered ones.</param>
/// <param name="First">Start of the first of them in the range.</param>
/// <param name="Last">Start of the last.</param>
/// <param name="InputTokens">Cached ones included.</param>
/// <param name="OutputTokens">Reasoning included.</param>
/// <param name="Features">Features that they are from, the most frequent first, five at most.</param>
/// <param name="FeatureCount">How many there are altogether, about.</param>
/// <param name="Suggestions">The best first; none where the reason is another than the name.</param>
public sealed record UnpricedModel(
    string Provider, string Model, UnpricedReason Reason, long Calls, DateTimeOffset First, DateTimeOffset Last, long InputTokens, long OutputTokens,
    IReadOnlyList<string> Features, long FeatureCount, IReadOnlyList<UnpricedSuggestion> Suggestions);

/// <param name="Models">Those with most calls first.</param>
/// <param name="Truncated">There are more than were asked for.</param>
public sealed record UnpricedAnswer(IReadOnlyList<UnpricedModel> Models, bool Truncated)
{
    public long Calls => Models.Sum(model => model.Calls);
}
