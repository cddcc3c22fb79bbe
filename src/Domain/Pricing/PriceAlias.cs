using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>
/// A tenant's word for what a told name really is: a deployment, a fine-tuned copy, an inference profile. Its calls are priced as those of the model behind
/// it, with that model's tiers, context rules and factors. An alias never leads to another alias.
/// </summary>
public sealed record PriceAlias
{
    /// <summary>Only for calls that tell this <c>gen_ai.provider.name</c>, or this seller of the list; empty = whatever was told, and also where nothing was.</summary>
    public string ToldProvider { get; init; } = "";

    /// <summary>Which told names it is for.</summary>
    public required ModelMatch Match { get; init; }

    /// <summary>Who sells the model behind it, by the list's id.</summary>
    public required string Provider { get; init; }

    /// <summary>A name that the list, or the tenant's own prices, have a price of.</summary>
    public required string Model { get; init; }

    /// <summary>Only for calls of this project; null = all of the tenant's. Goes before one for all.</summary>
    public ProjectId? Project { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Exclusive; null = until further notice.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <param name="told">The provider as told.</param>
    /// <param name="name">The model's name in lower case.</param>
    internal bool IsFor(string told, string name) =>
        (ToldProvider.Length == 0 || string.Equals(ToldProvider, told, StringComparison.OrdinalIgnoreCase) || (told.Length != 0 && ToldProvider == ProviderNames.Seller(told)))
        && Match.IsMatch(name);
}
