namespace FinOps.Domain.Pricing;

/// <summary>The telemetry's provider names (<c>gen_ai.provider.name</c>) and the price catalogue's.</summary>
internal static class ProviderNames
{
    /// <summary>
    /// Sellers that make the models they sell, with the name that telemetry gives them. Only these may be inferred from a model's name:
    /// a host (Azure, Bedrock, Groq, Together, OpenRouter …) sells what others sell too.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Vendors = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["anthropic"] = "anthropic",
        ["openai"] = "openai",
        ["google"] = "gcp.gen_ai", // the name for "one of Google's endpoints, which one is not known"
        ["mistral"] = "mistral_ai",
        ["cohere"] = "cohere",
        ["deepseek"] = "deepseek",
        ["x-ai"] = "x_ai",
        ["moonshotai"] = "moonshot_ai",
        ["perplexity"] = "perplexity",
        ["voyageai"] = "voyageai",
        ["minimax"] = "minimax",
        ["zhipuai"] = "zhipuai",
        ["arcee"] = "arcee",
        ["cursor"] = "cursor",
        ["typesafe"] = "typesafe",
    };

    /// <summary>Open weights that their maker lists and many hosts run: the name does not tell who was paid.</summary>
    private static readonly string[] SoldByManyHosts = ["gpt-oss", "gemma"];

    private static readonly Dictionary<string, string> Sellers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["aws.bedrock"] = "aws",
        ["aws_bedrock"] = "aws",
        ["amazon_bedrock"] = "aws",
        ["bedrock"] = "aws",
        ["azure.ai.openai"] = "azure",
        ["azure.ai.inference"] = "azure",
        ["az.ai.openai"] = "azure",
        ["az.ai.inference"] = "azure",
        ["azure_openai"] = "azure",
        ["azure_ai"] = "azure",
        ["gcp.vertex_ai"] = "google",
        ["gcp.gemini"] = "google",
        ["gcp.gen_ai"] = "google",
        ["vertex_ai"] = "google",
        ["gemini"] = "google",
        ["x_ai"] = "x-ai",
        ["xai"] = "x-ai",
        ["mistral_ai"] = "mistral",
        ["mistralai"] = "mistral",
        ["moonshot_ai"] = "moonshotai",
        ["moonshot"] = "moonshotai",
        ["together_ai"] = "together",
        ["fireworks_ai"] = "fireworks",
        ["voyage"] = "voyageai",
        ["voyage_ai"] = "voyageai",
        ["z_ai"] = "zai",
        ["zhipu"] = "zhipuai",
    };

    /// <summary>The catalogue's id for a told provider; the told name itself where no other is known.</summary>
    public static string Seller(string told)
    {
        if (Sellers.TryGetValue(told, out var seller)) return seller;
        // New services of a cloud keep its prefix; the catalogue's own clauses would take azure.ai.openai for OpenAI.
        if (told.StartsWith("azure", StringComparison.OrdinalIgnoreCase)) return "azure";
        if (told.StartsWith("aws", StringComparison.OrdinalIgnoreCase)) return "aws";
        return told.StartsWith("gcp.", StringComparison.OrdinalIgnoreCase) ? "google" : told.ToLowerInvariant();
    }

    /// <summary>Whether a bare model name can tell its vendor at all: a path names a host's copy, and open weights have many hosts.</summary>
    public static bool NameTellsVendor(string model) =>
        !model.Contains('/', StringComparison.Ordinal)
        && !Array.Exists(SoldByManyHosts, prefix => model.StartsWith(prefix, StringComparison.Ordinal));
}
