using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

/// <summary>Who sold what a bill is about, by one name whether the bill or the telemetry tells it.</summary>
public static class BillProvider
{
    // By what the names of companies hold: a bill says "Amazon Web Services, Inc." and "Google Cloud".
    private static readonly (string Part, string Seller)[] Companies =
    [
        ("amazon", "aws"), ("aws", "aws"), ("bedrock", "aws"), ("microsoft", "azure"), ("azure", "azure"), ("google", "google"), ("gcp", "google"), ("openai", "openai"),
        ("anthropic", "anthropic"), ("mistral", "mistral"), ("cohere", "cohere"), ("deepseek", "deepseek"), ("xai", "x-ai"), ("groq", "groq"), ("together", "together"), ("fireworks", "fireworks"),
        ("perplexity", "perplexity"), ("voyage", "voyageai"),
    ];

    /// <summary>The price list's name of a seller; the told name in lower case where no other is known.</summary>
    public static string Of(string told)
    {
        var name = told.Trim();
        var seller = ProviderNames.Seller(name);
        if (!string.Equals(seller, name, StringComparison.OrdinalIgnoreCase)) return seller;
        foreach (var (part, known) in Companies)
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase)) return known;
        return seller;
    }
}
