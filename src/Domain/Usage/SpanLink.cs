using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Usage;

/// <summary>OTLP span kinds, by their wire numbers.</summary>
public enum SpanKind : byte
{
    Unspecified = 0,
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

/// <summary>
/// A span that is not a model call: its place in the trace and its tags, without content. Kept for a short, stated time,
/// because calls below it inherit its tags and its endpoint. Only span-level tags are in <see cref="Tags"/>: a resource describes its own service, not the callee's.
/// </summary>
public sealed class SpanLink
{
    public TenantId Tenant;
    public ProjectId Project;
    public TraceId TraceId;
    public SpanId SpanId;
    public SpanId ParentSpanId;
    public long StartUnixMicros;
    public ulong DurationMicros;
    public SpanKind Kind;
    public bool Failed;
    public string Name = "";
    public string Service = "";
    public TagSet Tags;
}
