using System.Collections.Concurrent;

namespace FinOps.Ingest.Mapping;

/// <summary>Canonical provider ids (<c>gen_ai.provider.name</c>) for what SDKs write, and what a server's address adds to it.</summary>
internal static class Providers
{
    private const int MaxRemembered = 1024;

    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["openai"] = "openai",
        ["anthropic"] = "anthropic",
        ["aws.bedrock"] = "aws.bedrock",
        ["aws_bedrock"] = "aws.bedrock",
        ["aws"] = "aws.bedrock",
        ["amazon"] = "aws.bedrock",
        ["bedrock"] = "aws.bedrock",
        ["bedrock_converse"] = "aws.bedrock",
        ["amazon-bedrock"] = "aws.bedrock",
        ["amazon_bedrock"] = "aws.bedrock",
        ["azure"] = "azure.ai.openai",
        ["azure.ai.openai"] = "azure.ai.openai",
        ["az.ai.openai"] = "azure.ai.openai",
        ["azure_openai"] = "azure.ai.openai",
        ["azure-openai"] = "azure.ai.openai",
        ["azure.openai"] = "azure.ai.openai",
        ["azureopenai"] = "azure.ai.openai",
        ["azure.ai.inference"] = "azure.ai.inference",
        ["az.ai.inference"] = "azure.ai.inference",
        ["azure_ai"] = "azure.ai.inference",
        ["azure_ai_inference"] = "azure.ai.inference",
        ["gcp.vertex_ai"] = "gcp.vertex_ai",
        ["vertex_ai"] = "gcp.vertex_ai",
        ["vertex_ai_beta"] = "gcp.vertex_ai",
        ["vertexai"] = "gcp.vertex_ai",
        ["vertex"] = "gcp.vertex_ai",
        ["vertex.anthropic"] = "gcp.vertex_ai",
        ["googlevertex"] = "gcp.vertex_ai",
        ["google.vertex"] = "gcp.vertex_ai",
        ["google-vertex"] = "gcp.vertex_ai",
        ["google_vertexai"] = "gcp.vertex_ai",
        ["gcp.gemini"] = "gcp.gemini",
        ["gemini"] = "gcp.gemini",
        ["google.generative-ai"] = "gcp.gemini",
        ["google_generativeai"] = "gcp.gemini",
        ["google_genai"] = "gcp.gemini",
        ["google_ai_studio"] = "gcp.gemini",
        ["gcp.gen_ai"] = "gcp.gen_ai",
        ["google"] = "gcp.gen_ai",
        ["gcp"] = "gcp.gen_ai",
        ["ibm.watsonx.ai"] = "ibm.watsonx.ai",
        ["watsonx"] = "ibm.watsonx.ai",
        ["ibm"] = "ibm.watsonx.ai",
        ["mistral_ai"] = "mistral_ai",
        ["mistralai"] = "mistral_ai",
        ["mistral"] = "mistral_ai",
        ["x_ai"] = "x_ai",
        ["xai"] = "x_ai",
        ["grok"] = "x_ai",
        ["moonshot_ai"] = "moonshot_ai",
        ["moonshot"] = "moonshot_ai",
        ["moonshotai"] = "moonshot_ai",
        ["together"] = "together_ai",
        ["together_ai"] = "together_ai",
        ["togetherai"] = "together_ai",
        ["fireworks"] = "fireworks_ai",
        ["fireworks_ai"] = "fireworks_ai",
        ["fireworks-ai"] = "fireworks_ai",
        ["cohere"] = "cohere",
        ["deepseek"] = "deepseek",
        ["groq"] = "groq",
        ["perplexity"] = "perplexity",
        ["openrouter"] = "openrouter",
        ["ollama"] = "ollama",
    };

    // Ends of host names. A host that several vendors are reached through (a proxy) is not here.
    private static readonly (string Suffix, string Provider)[] Hosts =
    [
        (".openai.azure.com", "azure.ai.openai"),
        (".cognitiveservices.azure.com", "azure.ai.openai"),
        (".services.ai.azure.com", "azure.ai.inference"),
        (".models.ai.azure.com", "azure.ai.inference"),
        (".inference.ai.azure.com", "azure.ai.inference"),
        ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("api.openai.com", "openai"),
        ("api.anthropic.com", "anthropic"),
        ("api.groq.com", "groq"),
        ("api.deepseek.com", "deepseek"),
        ("api.x.ai", "x_ai"),
        ("api.mistral.ai", "mistral_ai"),
        ("api.perplexity.ai", "perplexity"),
        ("api.moonshot.ai", "moonshot_ai"),
        ("api.together.xyz", "together_ai"),
        ("api.fireworks.ai", "fireworks_ai"),
        ("api.cohere.com", "cohere"),
        ("openrouter.ai", "openrouter"),
    ];

    // What was written → canonical id. Bounded: beyond the limit a name is worked out each time.
    private static readonly ConcurrentDictionary<string, string> Remembered = new(StringComparer.Ordinal);

    /// <summary>The canonical id; an unknown name in lower case, cut at its first dot (<c>openai.chat</c>, <c>acme.responses</c>).</summary>
    public static string Normalise(string told)
    {
        if (told.Length == 0) return "";
        if (Remembered.TryGetValue(told, out var known)) return known;
        var canonical = WorkOut(told);
        if (Remembered.Count < MaxRemembered) Remembered[told] = canonical;
        return canonical;
    }

    private static string WorkOut(string told)
    {
        var name = told.Trim().ToLowerInvariant();
        var candidate = name;
        while (true)
        {
            if (Known.TryGetValue(candidate, out var canonical)) return canonical;
            var dot = candidate.LastIndexOf('.');
            if (dot <= 0) return candidate;
            candidate = candidate[..dot];
        }
    }

    /// <summary>
    /// What the address adds: the host that sells the model, where the SDK only tells the API's vendor (an OpenAI client pointed at Azure or Groq). Some
    /// instrumentations write the vendor's own address whatever the truth, so that address never overrides a told provider.
    /// </summary>
    public static string Refine(string provider, string address)
    {
        if (address.Length == 0) return provider;
        if (provider.Length != 0 && provider is not ("openai" or "anthropic" or "gcp.gen_ai" or "cohere" or "mistral_ai" or "azure.ai.openai")) return provider;
        var found = "";
        if (address.Contains("bedrock", StringComparison.OrdinalIgnoreCase) && address.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase))
            found = "aws.bedrock";
        foreach (var (suffix, host) in Hosts)
        {
            if (found.Length != 0) break;
            if (address.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) found = host;
        }

        if (found.Length == 0) return provider;
        return provider.Length != 0 && found is ("openai" or "anthropic") ? provider : found;
    }

    /// <summary>The region inside a host's address (<c>bedrock-runtime.eu-west-1.amazonaws.com</c>, <c>us-central1-aiplatform.googleapis.com</c>, <c>eu.api.openai.com</c>); else empty.</summary>
    public static string Region(string address)
    {
        const string OpenAi = ".api.openai.com";
        const string Vertex = "-aiplatform.googleapis.com";
        if (address.EndsWith(OpenAi, StringComparison.OrdinalIgnoreCase)) return address[..^OpenAi.Length];
        if (address.EndsWith(Vertex, StringComparison.OrdinalIgnoreCase)) return address[..^Vertex.Length];
        if (!address.StartsWith("bedrock", StringComparison.OrdinalIgnoreCase) || !address.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase)) return "";
        var parts = address.Split('.');
        return parts.Length >= 4 ? parts[1] : "";
    }
}
