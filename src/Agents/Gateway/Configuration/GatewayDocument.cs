using System.Text.Json;
using System.Text.Json.Serialization;

namespace FinOps.Gateway.Configuration;

// Properties are set, not init: what the file leaves out keeps its default only so (the generated reader names every init property in one initializer).

/// <summary>The gateway's own file, as its operator writes it: where it listens, whom it forwards to, which keys it takes. What is enforced stands in the policies.</summary>
public sealed record GatewayDocument
{
    /// <summary>Address and port for calls.</summary>
    public string Listen { get; set; } = "127.0.0.1:4000";

    /// <summary>Address and port for health and metrics, which callers need not reach; empty = none.</summary>
    public string AdminListen { get; set; } = "127.0.0.1:4001";

    /// <summary>Where reports wait while they cannot be sent.</summary>
    public string Data { get; set; } = "finops-gateway";

    public IReadOnlyList<ProviderDocument> Providers { get; set; } = [];

    public IReadOnlyList<KeyDocument> Keys { get; set; } = [];

    /// <summary>A file of policies (docs/policies.md), read again when it changes. Null = none.</summary>
    public string? Policies { get; set; }

    /// <summary>Whose policies are obeyed; null = only those of the file.</summary>
    public ControlDocument? Control { get; set; }

    /// <summary>Null = nothing is reported.</summary>
    public ReportDocument? Report { get; set; }

    /// <summary>
    /// The secret of hashes that tell equal questions without telling them. Gateways of one organisation share it, so that their hashes can be compared. Without one each start has
    /// its own.
    /// </summary>
    public SecretDocument? HashKey { get; set; }

    public LimitsDocument Limits { get; set; } = new();
}

/// <summary>One provider, or one account at a provider.</summary>
public sealed record ProviderDocument
{
    /// <summary>Names it in paths (<c>/NAME/v1/…</c>), in policies, and as <c>gen_ai.provider.name</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary><c>openai</c> (and everything that speaks its API), <c>anthropic</c> or <c>azure</c>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>What an SDK has for its base URL: for OpenAI's API with its version, for Anthropic and Azure without.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>The real key. Without one the caller's own is forwarded, if <see cref="ClientKeys"/> allows it.</summary>
    public SecretDocument? ApiKey { get; set; }

    /// <summary>Callers may bring the provider's key themselves.</summary>
    public bool ClientKeys { get; set; }

    /// <summary>The base URL may lead to an address of the own network (a vLLM or Ollama beside it).</summary>
    public bool Internal { get; set; }

    /// <summary>Streams of <c>chat/completions</c> are asked for their usage where the client did not. Off for hosts that refuse <c>stream_options</c>.</summary>
    public bool StreamUsage { get; set; } = true;

    /// <summary>Seconds until the head of an answer.</summary>
    public int FirstByteTimeoutSeconds { get; set; } = 600;

    /// <summary>Seconds between two pieces of an answer.</summary>
    public int IdleTimeoutSeconds { get; set; } = 120;
}

/// <summary>A secret never stands in the file itself.</summary>
public sealed record SecretDocument
{
    /// <summary>An environment variable.</summary>
    public string? Env { get; set; }

    /// <summary>A file; what is around it is trimmed.</summary>
    public string? File { get; set; }
}

/// <summary>A key that the gateway gives out in the place of a provider's.</summary>
public sealed record KeyDocument
{
    /// <summary>How reports and policies name it. No secret.</summary>
    public string Id { get; set; } = "";

    /// <summary>SHA-256 of the key, hexadecimal: <c>finops-gateway key</c> makes both.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Models it may ask for; <c>*</c> at the end or the beginning stands for anything. Empty = all.</summary>
    public IReadOnlyList<string> Models { get; set; } = [];

    /// <summary>Providers it may reach, by name. Empty = all.</summary>
    public IReadOnlyList<string> Providers { get; set; } = [];

    /// <summary>feature, user, team, customer, environment, service: what is named here no caller can change.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; set; } = new Dictionary<string, string>();
}

/// <summary>The control plane: a FinOps server.</summary>
public sealed record ControlDocument
{
    /// <summary>The address of its pages.</summary>
    public string Url { get; set; } = "";

    /// <summary>The one-time token of the page Agents. Needed until the gateway has enrolled; what it got then is kept under <see cref="GatewayDocument.Data"/>.</summary>
    public SecretDocument? Token { get; set; }
}

/// <summary>Where calls are reported to, by OTLP over HTTP.</summary>
public sealed record ReportDocument
{
    /// <summary>Without <c>/v1/traces</c>.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>A key for ingest. With a control plane it can be left out: the agent's own is taken.</summary>
    public SecretDocument? Key { get; set; }

    /// <summary>Megabytes of reports that wait on disk; beyond, the oldest are dropped and counted.</summary>
    public int MaxDiskMegabytes { get; set; } = 2048;

    /// <summary>Hours that a report waits; beyond, it is dropped and counted.</summary>
    public int MaxHours { get; set; } = 24;

    /// <summary>Megabytes of reports that wait in memory before they go to disk.</summary>
    public int MaxMemoryMegabytes { get; set; } = 16;
}

/// <summary>Each has a counter in <c>/metrics</c>.</summary>
public sealed record LimitsDocument
{
    /// <summary>Of one request.</summary>
    public int MaxRequestMegabytes { get; set; } = 32;

    /// <summary>Bodies of all calls in flight together; beyond them a call is told to come again.</summary>
    public int MaxBodyMemoryMegabytes { get; set; } = 1024;

    /// <summary>Seconds in which a caller may leave untaken what waits for it, at most 64 KB; beyond, its connection is ended. At least 2.</summary>
    public int SlowCallerSeconds { get; set; } = 120;

    /// <summary>Of one answer that is read whole, to tell its cost in its head. Longer ones are passed on as they come.</summary>
    public int MaxBufferedAnswerMegabytes { get; set; } = 8;

    /// <summary>Of one event of a stream. A longer one is passed on unread.</summary>
    public int MaxEventMegabytes { get; set; } = 8;

    /// <summary>Calls at the same time; beyond, 503 with Retry-After.</summary>
    public int MaxCalls { get; set; } = 10_000;

    /// <summary>Of answers that are kept in memory; beyond, those that were not asked for longest go to disk.</summary>
    public int MaxCacheMegabytes { get; set; } = 8;

    /// <summary>Of vectors of the embedding cache that are kept in memory; beyond, those that were not asked for longest go to disk.</summary>
    public int MaxVectorMegabytes { get; set; } = 32;

    /// <summary>Of vectors that are kept on disk; beyond, the oldest are dropped. 0 = none.</summary>
    public int MaxVectorDiskMegabytes { get; set; } = 512;

    /// <summary>Of answers in flight that are held for callers who share them; beyond, no answer takes further callers, and who reads slower than the others is given up.</summary>
    public int MaxSharedMegabytes { get; set; } = 64;

    /// <summary>Of answers that are kept on disk; beyond, the oldest are dropped. 0 = none.</summary>
    public int MaxCacheDiskMegabytes { get; set; } = 512;

    /// <summary>What a million tokens of a model without a known price count against leased budgets, input and output alike: an unknown price is not free. 0 where all such models are one's own. Default 15, about what a frontier model's output costs.</summary>
    public decimal UnpricedUsdPerMillionTokens { get; set; } = 15;

    /// <summary>
    /// What is held back of leased budgets for a call whose cost no tokens tell before (images, speech, batches, uploads), and what it counts where its answer tells no usage. In USD; 0 where all such are one's own. Default 0.05, about
    /// a large picture, or eight minutes of speech that is written down.
    /// </summary>
    public decimal UnmeteredCallUsd { get; set; } = 0.05m;

    /// <summary>How long a call that finds no money of a leased budget waits for the control plane, for each policy; then it is as if that were away. Default 500 ms.</summary>
    public int LeaseWaitMs { get; set; } = 500;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(GatewayDocument))]
internal sealed partial class GatewayDocumentJson : JsonSerializerContext;
