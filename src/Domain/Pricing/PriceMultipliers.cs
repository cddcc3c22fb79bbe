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

    /// <summary>What a seller adds when it is told where to run a model.</summary>
    public const decimal GeographyPremium = 1.1m;

    /// <summary>
    /// Whether <see cref="GeographyPremium"/> holds in a region. Bedrock needs none: its list has entries of their own for regional and global profiles.
    /// Anthropic: <c>inference_geo</c> us, from Claude Opus 4.6 on. OpenAI: regional hosts, models since 5 March 2026 (GPT-5.4). Vertex: every endpoint but the
    /// global one, from Claude 4.5 and Gemini 3.5 on.
    /// </summary>
    public static bool HasGeographyPremium(string told, string seller, string model, string region)
    {
        if (region.Length == 0 || Is(region, "global")) return false;
        if (told == "gcp.vertex_ai") return IsClaude(model) ? IsSince(model, "claude", 4, 5) : IsSince(model, "gemini", 3, 5);
        if (seller == "anthropic" && told == "anthropic") return Is(region, "us") && IsSince(model, "claude", 4, 6);
        return told == "openai" && IsSince(model, "gpt-", 5, 4);
    }

    /// <summary>The first number behind the family's name, with the one behind it as its minor: claude-opus-4-6, gpt-5.4-mini, claude-sonnet-5.</summary>
    private static bool IsSince(string model, string family, int major, int minor)
    {
        var at = model.IndexOf(family, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return false;
        var rest = model.AsSpan(at + family.Length);
        var digit = rest.IndexOfAnyInRange('0', '9');
        if (digit < 0) return false;
        rest = rest[digit..];
        var found = Number(ref rest);
        if (found != major) return found > major;
        // A date of eight digits is no minor version.
        return rest.Length > 1 && (rest[0] is '.' or '-') && Minor(rest[1..]) >= minor;
    }

    private static int Minor(ReadOnlySpan<char> text)
    {
        var length = text.Length;
        var number = Number(ref text);
        return length - text.Length is 1 or 2 ? number : 0;
    }

    private static int Number(ref ReadOnlySpan<char> text)
    {
        var number = 0;
        while (text.Length != 0 && char.IsAsciiDigit(text[0]))
        {
            number = Math.Min((number * 10) + text[0] - '0', 100_000_000);
            text = text[1..];
        }

        return number;
    }

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
        if (told.Length == 0 || told == "default" || Is(told, "default") || Is(told, "standard") || Is(told, "auto") || Is(told, "on_demand") || Is(told, "standard_only"))
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
