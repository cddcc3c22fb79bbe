using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Outcomes;

/// <summary>That something turned out well, or did not. Mutable and reusable, as the ingest path fills it; unknown strings are empty.</summary>
public sealed class Outcome
{
    public TenantId Tenant;
    public ProjectId Project;

    /// <summary>The name of its definition.</summary>
    public string Name = "";

    /// <summary>Tells it apart from others of its name; the same told again takes its place.</summary>
    public string Id = "";

    /// <summary>Empty where a system told it that knows no trace.</summary>
    public TraceId TraceId;
    public SpanId SpanId;

    /// <summary>Microseconds since 1970-01-01 UTC: the end of the span, the time of the event, or what the teller says.</summary>
    public long TimeUnixMicros;
    public bool Success;

    /// <summary>How much it was worth, in the tenant's own unit; null = not told.</summary>
    public double? Value;
    public TagSet Tags;

    public void Clear()
    {
        Tenant = default; Project = default; Name = ""; Id = ""; TraceId = default; SpanId = default; TimeUnixMicros = 0;
        Success = false; Value = null; Tags = default;
    }
}
