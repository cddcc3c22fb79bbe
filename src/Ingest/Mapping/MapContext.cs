using FinOps.Domain.Outcomes;
using FinOps.Domain.Pricing;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>What the rows of a request get from outside the request: whose they are, at which prices, and within which limits.</summary>
/// <param name="HashKey">The tenant's secret for content hashes.</param>
/// <param name="NowUnixMicros">The instant of arrival, for the limits on start times.</param>
public sealed record MapContext(
    TenantId Tenant,
    ProjectId Project,
    BoundTags KeyTags,
    ReadOnlyMemory<byte> HashKey,
    PriceSnapshot Prices,
    long NowUnixMicros,
    MappingLimits Limits)
{
    /// <summary>The key that the request came under.</summary>
    public Guid Key { get; init; }

    /// <summary>What of the content is kept; null: nothing.</summary>
    public SamplePlan? Samples { get; init; }

    /// <summary>What of the telemetry is an outcome; null: nothing.</summary>
    public OutcomePlan? Outcomes { get; init; }
}

/// <summary>What became of one request. Items are spans, data points or log records.</summary>
/// <param name="Rejected">Items that stay out of the store; they make the answer a partial success.</param>
/// <param name="Error">For the sender: why items were rejected, or why the request is malformed.</param>
/// <param name="Malformed">The body is not protobuf of the expected message. Nothing of it is in the output.</param>
public readonly record struct MapResult(int Accepted, int Rejected, string? Error, bool Malformed);
