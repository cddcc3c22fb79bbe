namespace FinOps.Domain.Pricing;

/// <summary>Service tiers that change a price.</summary>
internal enum ServiceTier : byte
{
    Standard = 0,
    Flex = 1,
    Priority = 2,
    Fast = 3,
}

/// <summary>
/// Factors on the standard token prices for what the public catalogue leaves out. Each is documented by the vendor; where no factor is
/// documented there is none here, and the call is priced as standard and flagged. An explicit row of the book always goes first.
/// </summary>
internal static class PriceMultipliers
{
    /// <summary>Shown with each multiplied line item; changes with every change of a factor.</summary>
    public const string Version = "2026-11";

    /// <summary>Anthropic: writes that live for an hour cost twice the input price (five minutes: 1.25 times, which the catalogue has).</summary>
    public const decimal AnthropicLongCacheWrite = 2m;

    public static decimal? Batch(string seller) => seller is "openai" or "anthropic" or "google" ? 0.5m : null;

    public static decimal? Tier(string seller, string model, ServiceTier tier) => tier switch
    {
        ServiceTier.Standard => 1m,
        ServiceTier.Flex when seller == "openai" || (seller == "google" && IsGemini(model)) => 0.5m,
        ServiceTier.Priority when seller == "google" && IsGemini(model) => 1.8m,
        _ => null,
    };

    public static bool IsClaude(string model) => model.Contains("claude", StringComparison.OrdinalIgnoreCase);

    public static string Name(ServiceTier tier) => tier switch
    {
        ServiceTier.Flex => "flex",
        ServiceTier.Priority => "priority",
        ServiceTier.Fast => "fast",
        _ => "",
    };

    /// <summary>Reads a served tier. False for one that we do not know: priced as standard, and flagged.</summary>
    public static bool TryParse(string told, out ServiceTier tier, out bool batch)
    {
        tier = ServiceTier.Standard;
        batch = false;
        if (told.Length == 0 || Is(told, "default") || Is(told, "standard") || Is(told, "auto") || Is(told, "on_demand") || Is(told, "standard_only"))
            return true;
        if (Is(told, "batch")) return batch = true;
        tier = Is(told, "flex") || Is(told, "on_demand_flex") ? ServiceTier.Flex
            : Is(told, "priority") || Is(told, "on_demand_priority") ? ServiceTier.Priority
            : Is(told, "fast") ? ServiceTier.Fast
            : ServiceTier.Standard;
        return tier != ServiceTier.Standard;
    }

    private static bool IsGemini(string model) => model.Contains("gemini", StringComparison.OrdinalIgnoreCase);

    private static bool Is(string told, string name) => string.Equals(told, name, StringComparison.OrdinalIgnoreCase);
}
