using FinOps.Analytics.Unpriced;
using FinOps.Domain.Pricing;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Reratings;

/// <summary>How the queue of unpriced calls reads. Pure.</summary>
internal static class UnpricedTexts
{
    private const int NamedFeatures = 3;

    public static string Name(UnpricedReason reason) => reason switch
    {
        UnpricedReason.NoPriceOfModel => "no price of this name",
        UnpricedReason.NoPriceThen => "no price at that time",
        UnpricedReason.PartWithoutPrice => "a part without a price",
        UnpricedReason.PricedSince => "has a price by now",
        _ => "no usage told",
    };

    public static string Advice(UnpricedReason reason) => reason switch
    {
        UnpricedReason.NoPriceOfModel => "Say what the name stands for, or give it a price of its own.",
        UnpricedReason.NoPriceThen => "The book has prices for another time: add one that begins before these calls.",
        UnpricedReason.PartWithoutPrice => "Something that was used has no price: add one for that part.",
        UnpricedReason.PricedSince => "They were rated before that price was known.",
        _ => "Only their instrumentation can help: it has to report tokens.",
    };

    /// <summary>Whether a price of the name itself can help: it has a name, and lacks nothing else.</summary>
    public static bool PriceHelps(UnpricedModel model) =>
        model is { Model.Length: > 0, Reason: UnpricedReason.NoPriceOfModel or UnpricedReason.NoPriceThen or UnpricedReason.PartWithoutPrice };

    public static string Why(ModelSuggestion suggestion) => (suggestion.Reason switch
    {
        SuggestionReason.SameName => "the same but for spelling or date",
        SuggestionReason.Contains => "the name contains it",
        _ => "few letters differ",
    }) + (suggestion.IsFree ? "; all its prices are 0, and nothing else is near" : "");

    public static string Features(UnpricedModel model)
    {
        var named = string.Join(", ", model.Features.Take(NamedFeatures).Select(SpendViews.Name));
        var more = model.FeatureCount - Math.Min(NamedFeatures, model.Features.Count);
        return more > 0 ? $"{named} and {Figures.Count(more)} more" : named;
    }
}
