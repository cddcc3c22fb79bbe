using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Usage;

/// <summary>An operation on a vector database, told by a span. No query vectors, no texts.</summary>
public sealed class VectorOperation
{
    public TenantId Tenant;
    public ProjectId Project;
    public TraceId TraceId;
    public SpanId SpanId;
    public SpanId ParentSpanId;
    public long StartUnixMicros;
    public ulong DurationMicros;
    public string Scope = "";

    /// <summary>Lower case: qdrant, pinecone, weaviate, milvus, chroma, pgvector …</summary>
    public string System = "";
    public string Collection = "";

    /// <summary>Lower case: search, upsert, delete, fetch …</summary>
    public string Operation = "";
    public bool Failed;
    public uint TopK;
    public uint Returned;
    public uint Vectors;
    public double ReadUnits;
    public TagSet Tags;
}

public enum ResourceKind : byte
{
    Gpu = 1,
    Inference = 2,
    VectorDatabase = 3,
    /// <summary>Token metrics: for cross-checks only, never summed with spans.</summary>
    Tokens = 4,
    Other = 5,
    /// <summary>Buckets of object storage.</summary>
    Storage = 6,
}

public enum SampleTemporality : byte
{
    Gauge = 0,
    Delta = 1,
    Cumulative = 2,
}

/// <summary>One normalised metric point of a GPU, an inference server, a vector database or a bucket.</summary>
public sealed class ResourceSample
{
    public TenantId Tenant;
    public ProjectId Project;
    public long TimeUnixMillis;
    public long StartUnixMillis;
    public ResourceKind Kind;

    /// <summary>Canonical name, for example <c>gpu.utilization</c> (unit 1) or <c>gpu.memory.used</c> (unit By).</summary>
    public string Metric = "";
    public string Unit = "";

    /// <summary>What is measured: a GPU's uuid, a model name, a collection, a bucket.</summary>
    public string Subject = "";
    public string Host = "";
    public string Service = "";
    public string Environment = "";
    public SampleTemporality Temporality;
    public double Value;

    /// <summary>Observations behind a histogram's sum; 1 for plain numbers.</summary>
    public ulong Count;

    /// <summary>Allow-listed attributes, sorted by key.</summary>
    public KeyValuePair<string, string>[] Attributes = [];
}

/// <summary>A span whose counts cannot be true. Not in calls, tokens or cost; counted and shown with the reason.</summary>
public sealed class QuarantinedSpan
{
    public TenantId Tenant;
    public ProjectId Project;
    public TraceId TraceId;
    public SpanId SpanId;
    public long StartUnixMicros;
    public string Scope = "";
    public string Service = "";
    public string Model = "";
    public string Reason = "";

    /// <summary>The attribute and the value that were refused, no content.</summary>
    public string Detail = "";
}
