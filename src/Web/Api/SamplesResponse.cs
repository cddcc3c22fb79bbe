using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Samples;
using FinOps.Domain.Samples;

namespace FinOps.Web.Api;

/// <summary>What was sent to a model and what it answered.</summary>
public sealed record SampleResponse
{
    [Description("The report that told it, which `/calls/{id}` leads from to its call.")]
    public required string Id { get; init; }

    public required string Project { get; init; }

    public required DateTimeOffset Start { get; init; }

    [Description("Bytes of the texts that are kept.")]
    public required long KeptBytes { get; init; }

    [Description("Bytes of the texts that were told; more than are kept: the sample is cut.")]
    public required long ToldBytes { get; init; }

    [Description("In the order of a conversation; null where the sample does not open, because its key is gone or it was changed.")]
    public required IReadOnlyList<SamplePartResponse>? Parts { get; init; }

    [Description("In lines of an export: pass it as `cursor` to go on behind this one.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cursor { get; init; }

    internal static SampleResponse Of(OpenedSample sample, bool withCursor = false) => new()
    {
        Id = sample.Id.ToString(),
        Project = sample.Project.ToString(),
        Start = sample.Start,
        KeptBytes = sample.KeptBytes,
        ToldBytes = sample.ToldBytes,
        Parts = sample.Parts is { } parts ? [.. parts.Select(part => new SamplePartResponse(CallsEndpoint.Word(part.Kind), part.Name, part.Text))] : null,
        Cursor = withCursor ? sample.Cursor.ToString() : null,
    };
}

/// <summary>One text of a sample.</summary>
/// <param name="Kind">system, tools, input or output.</param>
/// <param name="Name">What the instrumentation tells it as; 0.message.content where it tells each part of a message apart.</param>
/// <param name="Text">As it was told: plain text, or JSON of messages.</param>
public sealed record SamplePartResponse(string Kind, string Name, string Text);

/// <summary>How much of a project's content is kept, as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SamplingRequest
{
    [Description("Share of the project's traces whose prompts and answers are kept, in percent with one decimal; 0 is off.")]
    public required decimal Percent { get; init; }
}

/// <summary>How much of a project's content is kept.</summary>
public sealed record SamplingResponse
{
    [Description("The project's id.")]
    public required Guid Project { get; init; }

    public required string Name { get; init; }

    [Description("Percent of its traces; 0 is off.")]
    public required decimal Percent { get; init; }

    [Description("Null where nothing was ever set.")]
    public required DateTimeOffset? ChangedAt { get; init; }

    public required string? ChangedBy { get; init; }

    internal static SamplingResponse Of(SamplingState state) => new()
    {
        Project = state.Project.Value,
        Name = state.Name,
        Percent = state.Share.Percent,
        ChangedAt = state.ChangedAt,
        ChangedBy = state.ChangedBy,
    };
}

/// <summary>Which projects keep samples.</summary>
/// <param name="Projects">All projects of the organisation, by name.</param>
public sealed record SamplingListResponse(IReadOnlyList<SamplingResponse> Projects);
