namespace FinOps.Demo;

/// <summary>How a feature's calls arrive: the shape of its trace.</summary>
internal enum DemoShape
{
    /// <summary>A request and one call below it; the tags stand on the request.</summary>
    SingleCall,
    /// <summary>A request, an embedding of the question, a vector search, an answer.</summary>
    RetrievalAnswer,
    /// <summary>An agent that sums several calls and their tools.</summary>
    Agent,
    /// <summary>A job without a user.</summary>
    BatchJob,
}

/// <param name="Weight">Traces on an average weekday.</param>
internal sealed record DemoFeature(
    string Name, string Team, string Service, string Route, DemoShape Shape, string Scope, string Provider, string Model,
    TokenQuantiles Input, TokenQuantiles Output, double InputScale, double OutputScale, int Weight, uint MaxTokens, int DistinctPrompts, string System);

/// <summary>A believable software company: 10 features of different kinds, 4 teams, 40 customers, 2,000 users, 10 models of 4 providers and 2 of its own, 6 GPUs, a vector database, two buckets.</summary>
internal static class DemoCompany
{
    public const int Days = 30;
    public const int Customers = 40;
    public const int Users = 2000;

    /// <summary>The chat feature moved from gpt-4o to gpt-5-mini this many days before today.</summary>
    public const int ModelSwitchDaysAgo = 11;

    /// <summary>A job of the research team ran away in the night this many days before today.</summary>
    public const int RunawayDaysAgo = 6;

    /// <summary>Models on the company's own GPUs: paid by the hour, not by the token.</summary>
    public const string OwnServers = "vllm";

    public const string OpenAiScope = "opentelemetry.instrumentation.openai_v2";
    public const string AnthropicScope = "com.anthropic.sdk.typescript";
    public const string GoogleScope = "opentelemetry.instrumentation.google_genai";
    public const string AgentScope = "gen_ai";

    public static readonly DemoFeature[] Features =
    [
        new("support-intent", "support", "support-api", "POST /v1/tickets/classify", DemoShape.SingleCall, OpenAiScope, "openai", "gpt-4o-mini-2024-07-18",
            TokenQuantiles.ConversationInput, TokenQuantiles.CodeOutput, 0.55, 0.4, 1900, 64, 380, "Classify the ticket into one of 77 intents. Answer with the intent only."),
        new("invoice-extraction", "platform", "documents-api", "POST /v1/documents/extract", DemoShape.SingleCall, OpenAiScope, "openai", "gpt-4o-mini-2024-07-18",
            TokenQuantiles.CodeInput, TokenQuantiles.ConversationOutput, 1.3, 0.9, 850, 1024, 100000, "Extract supplier, date, currency, net, tax, gross and line items as JSON."),
        new("help-center-answers", "support", "support-api", "POST /v1/help/ask", DemoShape.RetrievalAnswer, AnthropicScope, "anthropic", "claude-haiku-4-5-20251001",
            TokenQuantiles.ConversationInput, TokenQuantiles.ConversationOutput, 2.4, 1.0, 900, 1024, 2200, "Answer from the passages. Say so when they do not hold the answer."),
        new("report-writer", "growth", "reports-api", "POST /v1/reports", DemoShape.SingleCall, AnthropicScope, "anthropic", "claude-sonnet-5",
            TokenQuantiles.SessionInput, TokenQuantiles.SessionOutput, 0.35, 3.2, 120, 8192, 100000, "Write the quarterly report section in the customer's tone."),
        new("research-agent", "research", "agents", "POST /v1/research", DemoShape.Agent, AgentScope, "openai", "gpt-5-2025-08-07",
            TokenQuantiles.AgentInput, TokenQuantiles.SessionOutput, 0.5, 1.1, 110, 0, 100000, "Plan, search, read and conclude with sources."),
        new("catalog-embeddings", "platform", "search-indexer", "catalog.reindex", DemoShape.BatchJob, OpenAiScope, "openai", "text-embedding-3-small",
            TokenQuantiles.CodeInput, TokenQuantiles.CodeOutput, 0.5, 0, 1000, 0, 5200, ""),
        new("nightly-summaries", "research", "summaries-job", "summaries.nightly", DemoShape.BatchJob, GoogleScope, "gcp.gemini", "gemini-2.5-flash",
            TokenQuantiles.SessionInput, TokenQuantiles.ConversationOutput, 0.6, 1.2, 620, 2048, 100000, "Summarise the day's conversations of this customer."),
        new("in-app-chat", "growth", "chat-api", "POST /v1/chat", DemoShape.SingleCall, OpenAiScope, "openai", "gpt-5-mini-2025-08-07",
            TokenQuantiles.SessionInput, TokenQuantiles.ConversationOutput, 0.4, 1.3, 1000, 0, 100000, "You are the product's assistant."),
        new("ticket-drafts", "support", "support-api", "POST /v1/tickets/draft", DemoShape.SingleCall, OpenAiScope, OwnServers, "Qwen/Qwen3-32B",
            TokenQuantiles.ConversationInput, TokenQuantiles.ConversationOutput, 1.2, 1.1, 700, 1024, 100000, "Draft an answer to the ticket in the customer's language."),
        new("document-summaries", "platform", "documents-api", "POST /v1/documents/summarise", DemoShape.SingleCall, OpenAiScope, OwnServers, "meta-llama/Llama-3.3-70B-Instruct",
            TokenQuantiles.CodeInput, TokenQuantiles.ConversationOutput, 0.9, 0.8, 420, 1024, 100000, "Summarise the document in five sentences."),
    ];

    private static readonly string[] CustomerStems =
        ["acorn", "birch", "cobalt", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel", "lumen", "meadow", "nimbus", "orchid", "pioneer", "quartz", "rowan", "summit", "tundra"];

    private static readonly string[] CustomerKinds = ["retail", "logistics"];

    public static string Customer(int index) => $"{CustomerStems[index % CustomerStems.Length]}-{CustomerKinds[index / CustomerStems.Length]}";

    /// <summary>Each user belongs to one customer, the large customers have many.</summary>
    public static (string User, string Customer) User(int index) =>
        ($"u-{index + 1:0000}", Customer((int)(Customers * Math.Pow(index / (double)Users, 1.7))));

    /// <summary>Share of the day's peak at each hour (UTC): office hours of Europe and America.</summary>
    private static readonly double[] HourShare =
        [0.10, 0.08, 0.06, 0.06, 0.08, 0.16, 0.34, 0.62, 0.86, 0.96, 1.0, 0.94, 0.84, 0.95, 1.0, 0.97, 0.88, 0.74, 0.58, 0.46, 0.36, 0.28, 0.20, 0.14];

    /// <summary>The second of the day at which an interactive call happens.</summary>
    public static int OfficeSecond(DemoRandom random)
    {
        while (true)
        {
            var second = random.Below(86_400);
            if (random.NextUnit() < HourShare[second / 3600]) return second;
        }
    }

    /// <summary>Traffic of a day against an average weekday: weekends are quiet, and the company grows by about 12 % a month.</summary>
    public static double DayShare(DateOnly day, int daysAgo) =>
        (day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0.38 : 1.0) * (1.0 - 0.004 * daysAgo);
}
