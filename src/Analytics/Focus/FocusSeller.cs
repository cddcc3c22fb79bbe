namespace FinOps.Analytics.Focus;

/// <summary>Whom a provider's name in telemetry stands for.</summary>
/// <param name="Name">Who sells, hosts and invoices. Of a seller that we do not know: the told name.</param>
/// <param name="Service">What is sold.</param>
public sealed record FocusSeller(string Name, string Service)
{
    private static readonly Dictionary<string, FocusSeller> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["openai"] = new("OpenAI", "OpenAI API"),
        ["anthropic"] = new("Anthropic", "Claude API"),
        ["aws.bedrock"] = new("AWS", "Amazon Bedrock"),
        ["azure.ai.openai"] = new("Microsoft", "Azure OpenAI"),
        ["azure.ai.inference"] = new("Microsoft", "Azure AI Foundry"),
        ["gcp.vertex_ai"] = new("Google Cloud", "Vertex AI"),
        ["gcp.gemini"] = new("Google", "Gemini API"),
        ["gcp.gen_ai"] = new("Google", "Gemini API"),
        ["mistral_ai"] = new("Mistral AI", "Mistral API"),
        ["cohere"] = new("Cohere", "Cohere API"),
        ["deepseek"] = new("DeepSeek", "DeepSeek API"),
        ["groq"] = new("Groq", "GroqCloud"),
        ["x_ai"] = new("xAI", "xAI API"),
        ["pinecone"] = new("Pinecone", "Pinecone"),
        ["aws.s3"] = new("AWS", "Amazon S3"),
        ["gcp.storage"] = new("Google Cloud", "Cloud Storage"),
        ["perplexity"] = new("Perplexity", "Perplexity API"),
        ["moonshot_ai"] = new("Moonshot AI", "Moonshot API"),

        // As bills and the price list name sellers.
        ["aws"] = new("AWS", "AWS"),
        ["azure"] = new("Microsoft", "Azure"),
        ["google"] = new("Google", "Google Cloud"),
        ["mistral"] = new("Mistral AI", "Mistral API"),
        ["x-ai"] = new("xAI", "xAI API"),
    };

    private static readonly FocusSeller Unknown = new("Unknown", "Unknown");

    public static FocusSeller Of(string provider) => provider.Length == 0 ? Unknown : Known.TryGetValue(provider, out var seller) ? seller : new FocusSeller(provider, provider);
}
