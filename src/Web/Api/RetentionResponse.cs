using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Retention;

namespace FinOps.Web.Api;

/// <summary>How long data is kept, as it shall be. What is left out is as the installation has it for who sets nothing.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RetentionRequest
{
    [Description("Calls, and operations on vector databases: 7 to 3650 days.")]
    public int? CallDays { get; init; }

    [Description("Places of other spans in their traces: 1 to 3 days.")]
    public int? LinkDays { get; init; }

    [Description("What the front door took and refused: 7 to 90 days.")]
    public int? IngestEventDays { get; init; }

    [Description("Samples of GPUs, inference servers and vector databases: 7 to 400 days.")]
    public int? ResourceSampleDays { get; init; }

    [Description("Sums of calls: 7 to 3650 days, not less than `callDays`.")]
    public int? SumDays { get; init; }

    [Description("Samples of prompts and answers, where a project has opted in: 1 to 90 days, and not longer than their calls.")]
    public int? CallSampleDays { get; init; }

    internal RetentionDays ToDays(RetentionDays standard) => new(
        CallDays ?? standard.Calls, LinkDays ?? standard.Links, IngestEventDays ?? standard.IngestEvents, ResourceSampleDays ?? standard.ResourceSamples, SumDays ?? standard.Sums,
        CallSampleDays ?? standard.CallSamples);
}

/// <summary>How long data is kept.</summary>
public sealed record RetentionResponse
{
    public required int CallDays { get; init; }

    public required int LinkDays { get; init; }

    public required int IngestEventDays { get; init; }

    public required int ResourceSampleDays { get; init; }

    public required int SumDays { get; init; }

    public required int CallSampleDays { get; init; }

    [Description("Until then the last change removes nothing, and setting it back loses nothing; null where that time is over.")]
    public required DateTimeOffset? InForceFrom { get; init; }

    [Description("Null where nothing was ever set.")]
    public required DateTimeOffset? ChangedAt { get; init; }

    public required string? ChangedBy { get; init; }

    internal static RetentionResponse Of(RetentionState state) => new()
    {
        CallDays = state.Days.Calls,
        LinkDays = state.Days.Links,
        IngestEventDays = state.Days.IngestEvents,
        ResourceSampleDays = state.Days.ResourceSamples,
        SumDays = state.Days.Sums,
        CallSampleDays = state.Days.CallSamples,
        InForceFrom = state.InForceFrom,
        ChangedAt = state.ChangedAt,
        ChangedBy = state.ChangedBy,
    };
}
