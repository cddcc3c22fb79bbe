using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Usage;

/// <summary>What instrument told of the call. A gateway's report supplies the vector before any SDK's.</summary>
public enum ReportSource : byte
{
    Sdk = 0,
    Gateway = 1,
}

/// <summary>Whether the provider answered.</summary>
public enum CallStatus : byte
{
    Answered = 0,
    /// <summary>The attempt failed. It counts only in <c>failedCalls</c>, unless usage says that it was billed.</summary>
    Failed = 1,
}

/// <summary>Streaming, as far as it was told.</summary>
public enum Streaming : byte
{
    Unknown = 0,
    No = 1,
    Yes = 2,
}

/// <summary>What settling decided about a report.</summary>
public enum CallRole : byte
{
    /// <summary>The report that stands for its call: counted and billed.</summary>
    Call = 0,
    /// <summary>Tells again of a call that another report stands for.</summary>
    Duplicate = 1,
    /// <summary>A parent that sums several calls: never billed.</summary>
    Aggregate = 2,
}

/// <summary>What a reader must know about how the figures of a call were found.</summary>
[Flags]
public enum CallFlags : uint
{
    None = 0,
    /// <summary>No provider was told; the vendor that owns the exact model name was taken.</summary>
    InferredProvider = 1 << 0,
    /// <summary>The instrumentation counts input without cached tokens; they were added.</summary>
    ExclusiveInput = 1 << 1,
    /// <summary>Counts contradict each other (for example more cached than input tokens where input should include them).</summary>
    Ambiguous = 1 << 2,
    /// <summary>The cache write's life is unknown: priced as five minutes, a lower bound.</summary>
    CacheWriteLowerBound = 1 << 3,
    /// <summary>A price of a part was absent and a higher one was used: an upper bound.</summary>
    UpperBound = 1 << 4,
    /// <summary>The instrumentation guesses the tokens.</summary>
    EstimatedUsage = 1 << 5,
    /// <summary>More input than the model's known window: priced, and flagged because published windows are often wrong.</summary>
    AboveContextWindow = 1 << 6,
    /// <summary>No price matched. The cost is unknown, never zero.</summary>
    Unpriced = 1 << 7,
    /// <summary>No usage was told: the call counts, and its cost is unknown.</summary>
    NoUsage = 1 << 8,
    /// <summary>Answered from a response cache: costs nothing.</summary>
    CacheHit = 1 << 9,
    /// <summary>Tier, batch or region was priced by our multiplier table, not by an explicit row.</summary>
    Multiplied = 1 << 10,
    /// <summary>Drew on capacity that is paid for as such (seats of a subscription, provisioned throughput): no money of its own, and none is invented.</summary>
    Capacity = 1 << 11,
}

/// <summary>
/// One report of one model call: what a single span told, normalised. Several reports can tell of one call
/// (an SDK, its wrapper and the gateway); settling decides which one stands for it (<see cref="Role"/>).
/// Mutable and reusable, because the ingest path fills millions of them; nothing outside the ingest path and settling changes one.
/// Unknown strings are empty, unknown numbers zero.
/// </summary>
public sealed class CallReport
{
    public TenantId Tenant;
    public ProjectId Project;

    /// <summary>The key that it came under; empty where no key was kept, as in rows of older releases.</summary>
    public Guid Key;
    public TraceId TraceId;
    public SpanId SpanId;
    public SpanId ParentSpanId;

    /// <summary>Start of the attempt, microseconds since 1970-01-01 UTC. Prices are looked up at this instant.</summary>
    public long StartUnixMicros;

    /// <summary>Microseconds from start to the end of the answer.</summary>
    public ulong DurationMicros;

    /// <summary>Microseconds from start to the first token or chunk; 0 = not told.</summary>
    public ulong TimeToFirstTokenMicros;

    public string SpanName = "";

    /// <summary>Name of the instrumentation scope.</summary>
    public string Scope = "";

    public ReportSource Source;

    /// <summary><c>gen_ai.operation.name</c>: chat, text_completion, generate_content, embeddings, rerank, invoke_agent …</summary>
    public string Operation = "";

    /// <summary>An operation that only wraps calls (an agent, a workflow, an SDK's outer span): billed only if nothing below it is priced.</summary>
    public bool WrapsCalls;

    /// <summary><c>gen_ai.provider.name</c>, canonical (openai, anthropic, aws.bedrock, azure.ai.openai, gcp.vertex_ai …).</summary>
    public string Provider = "";

    /// <summary>Region or geography, as told.</summary>
    public string Region = "";
    public string RequestedModel = "";

    /// <summary>The served model exactly as reported, date suffix kept; empty when not told.</summary>
    public string ServedModel = "";
    public string RequestedTier = "";
    public string ServedTier = "";

    /// <summary>What was made, where that has a price of its own: quality and size of a picture, as <c>high/1024x1024</c>; empty = not told.</summary>
    public string Variant = "";
    public bool Batch;
    public Streaming Streamed;

    /// <summary>0 for the first attempt, or the number of resends told.</summary>
    public ushort Attempt;

    /// <summary>How many calls this one stands for: the reciprocal of the probability with which its trace was kept. 1 = itself alone, also where nothing was told.</summary>
    public double SamplingWeight = Sampling.SamplingWeight.Exact;

    /// <summary>The provider's response id, the strongest identity of a call.</summary>
    public string ResponseId = "";
    public CallStatus Status;
    public string ErrorType = "";
    public string FinishReason = "";

    /// <summary>The policies that touched it at the edge, joined as <see cref="Policies.PolicyTouch"/> reads them, in order of precedence; empty = none was told.</summary>
    public string Policies = "";

    /// <summary>The id of the virtual key that it came to the gateway with; empty = none, or none was told.</summary>
    public string GatewayKey = "";

    /// <summary>What the gateway's cache had to do with it, in its words: hit, miss, bypass, shared, partial; empty = none was asked, or none was told.</summary>
    public string Cache = "";

    /// <summary>Input tokens of a list of which some texts had kept vectors: what these would have cost beside <see cref="Usage"/>. Of a whole hit the usage itself is what was avoided.</summary>
    public uint TokensAvoided;

    public UsageVector Usage;
    public UsageParts Told;
    public UsageSource UsageSource;
    public CallFlags Flags;

    /// <summary>The cost that the instrumentation claims, USD: kept for comparison, never trusted. Null = none.</summary>
    public decimal? ReportedCost;

    public TagSet Tags;

    // Evidence for later advice; no content. Hashes are keyed per tenant, 0 = not known.
    public ulong InputHash;
    public ulong PrefixHash;
    public ulong[] ItemHashes = [];
    public ushort MessageCount;
    public ushort ToolCallCount;
    public ushort TurnNumber;
    public uint MaxTokens;

    // Rating.
    /// <summary>USD, the sum of the line items, 12 decimals; 0 when <see cref="CallFlags.Unpriced"/>.</summary>
    public decimal Cost;

    /// <summary>The id of the price that was used (its row in the price book); 0 = none.</summary>
    public long PriceId;

    /// <summary>The version of the price book that gave <see cref="Cost"/>: the id of its latest change; 0 = the list shipped with the program.</summary>
    public long BookVersion;

    // Settlement.
    public CallRole Role;

    /// <summary>For a duplicate: the report that stands for the call. Empty otherwise.</summary>
    public TraceId CallTraceId;
    public SpanId CallSpanId;

    /// <summary>
    /// JSON of the fields that settling overwrote, with the values that the report itself told; empty when nothing was overwritten.
    /// Settling always starts from the original values, so that its result does not depend on the order of arrival.
    /// </summary>
    public string Origin = "";

    /// <summary>0 as ingested; each change by settling or re-rating has a higher one. The highest is the truth.</summary>
    public ulong Version;

    /// <summary>The model that the price and every figure goes by: the served one, else the requested one.</summary>
    public string Model => ServedModel.Length != 0 ? ServedModel : RequestedModel;

    /// <summary>Answered, or failed with usage that will be billed.</summary>
    public bool HasUsage => UsageSource != UsageSource.Missing;

    /// <summary>A copy to compare with, or to change without changing this one.</summary>
    public CallReport Clone() => (CallReport)MemberwiseClone();

    /// <summary>Empties every field for reuse.</summary>
    public void Clear()
    {
        Tenant = default; Project = default; Key = default; TraceId = default; SpanId = default; ParentSpanId = default;
        StartUnixMicros = 0; DurationMicros = 0; TimeToFirstTokenMicros = 0;
        SpanName = ""; Scope = ""; Source = default; Operation = ""; WrapsCalls = false;
        Provider = ""; Region = ""; RequestedModel = ""; ServedModel = ""; RequestedTier = ""; ServedTier = ""; Variant = "";
        Batch = false; Streamed = default; Attempt = 0; SamplingWeight = Sampling.SamplingWeight.Exact; ResponseId = ""; Status = default; ErrorType = ""; FinishReason = ""; Policies = "";
        GatewayKey = ""; Cache = ""; TokensAvoided = 0;
        Usage = default; Told = default; UsageSource = default; Flags = default; ReportedCost = null; Tags = default;
        InputHash = 0; PrefixHash = 0; ItemHashes = []; MessageCount = 0; ToolCallCount = 0; TurnNumber = 0; MaxTokens = 0;
        Cost = 0; PriceId = 0; BookVersion = 0; Role = default; CallTraceId = default; CallSpanId = default; Origin = ""; Version = 0;
    }
}
