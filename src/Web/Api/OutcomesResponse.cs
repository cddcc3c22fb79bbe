using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Outcomes;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Web.Api;

/// <summary>How something ended.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record OutcomeRequest
{
    public const int MaxIdLength = 200;

    [Description("The name of a definition that goes on.")]
    public required string Name { get; init; }

    [Description("The caller's own: the same name and id again takes the place of what was told before.")]
    public required string Id { get; init; }

    [Description("Whether it turned out well.")]
    public required bool Success { get; init; }

    [Description("When, RFC 3339.")]
    public required DateTimeOffset Time { get; init; }

    [Description("The trace whose calls led to it, 32 hexadecimal digits. At least one of `traceId`, `session`, `user` and `customer` is told; only trace and session lead to calls.")]
    public string? TraceId { get; init; }

    [Description("The session whose calls of the 24 hours before led to it, where it tells no trace that has calls.")]
    public string? Session { get; init; }

    public string? User { get; init; }

    public string? Customer { get; init; }

    [Description("Left out: that of its calls.")]
    public string? Feature { get; init; }

    [Description("Left out: that of its calls.")]
    public string? Team { get; init; }

    [Description("How much it was worth, in a unit of one's own.")]
    public double? Value { get; init; }

    internal IEnumerable<(string Name, string? Text)> Texts() => [("session", Session), ("user", User), ("customer", Customer), ("feature", Feature), ("team", Team)];

    internal Outcome ToOutcome(TenantId tenant, ProjectId project)
    {
        var outcome = new Outcome
        {
            Tenant = tenant,
            Project = project,
            Name = Name,
            Id = Id,
            TraceId = TraceId is not null && FinOps.Domain.Usage.TraceId.TryParse(TraceId, out var trace) ? trace : default,
            TimeUnixMicros = (Time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            Success = Success,
            Value = Value,
        };
        foreach (var (tag, text) in ((Tag, string?)[])[(Tag.Session, Session), (Tag.User, User), (Tag.Customer, Customer), (Tag.Feature, Feature), (Tag.Team, Team)])
            if (text is not null) outcome.Tags.Set(tag, text, TagLevel.Span);
        return outcome;
    }
}

/// <summary>Outcomes were stored.</summary>
/// <param name="Stored">How many.</param>
public sealed record OutcomesResponse(int Stored);

/// <summary>What shall count as an outcome.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record OutcomeDefinitionRequest
{
    internal static readonly IReadOnlyList<string> Sources = ["spanAttribute", "spanEvent", "told", "logEvent"];

    [Description("For example `ticket resolved`; one definition of a name goes on at a time.")]
    public required string Name { get; init; }

    [Description("`spanAttribute`, `spanEvent`, `logEvent` (a log record with `event_name`, or the attribute `event.name`), or `told` (by REST alone).")]
    public required string Source { get; init; }

    [Description("The attribute that tells it, or the event's name.")]
    public string? Key { get; init; }

    [Description("For an event of a span or a log record: its attribute that decides. Left out: the event itself is the success.")]
    public string? EventAttribute { get; init; }

    [Description("Values that are a success. None: whatever is no failure; and where no failure is named either, everything but nothing, 0, false and no.")]
    public IReadOnlyList<string>? SuccessValues { get; init; }

    [Description("Values that are a failure. None: whatever is no success.")]
    public IReadOnlyList<string>? FailureValues { get; init; }

    [Description("A numeric attribute beside it that says how much it was worth.")]
    public string? ValueKey { get; init; }

    [Description("The features whose calls can lead to it, and whose whole cost is therefore what its successes cost. None: all calls.")]
    public IReadOnlyList<string>? Features { get; init; }

    [Description("Outcomes of before do not count. Default: now.")]
    public DateTimeOffset? ValidFrom { get; init; }

    internal static OutcomeSource? SourceOf(string word) => word switch
    {
        "spanAttribute" => OutcomeSource.SpanAttribute,
        "spanEvent" => OutcomeSource.SpanEvent,
        "told" => OutcomeSource.Told,
        "logEvent" => OutcomeSource.LogEvent,
        _ => null,
    };

    internal OutcomeRule ToRule(OutcomeSource source, DateTimeOffset now) => new(Guid.CreateVersion7(now), Name, source)
    {
        Key = Key ?? "",
        EventAttribute = EventAttribute ?? "",
        SuccessValues = SuccessValues ?? [],
        FailureValues = FailureValues ?? [],
        ValueKey = ValueKey ?? "",
        ValidFrom = ValidFrom ?? DateTimeOffset.MinValue,
    };
}

/// <summary>What counts as an outcome.</summary>
/// <param name="Definitions">Those that go on by name, then ended ones.</param>
public sealed record OutcomeDefinitionsResponse(IReadOnlyList<OutcomeDefinitionResponse> Definitions);

/// <summary>A definition of an outcome.</summary>
public sealed record OutcomeDefinitionResponse
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    [Description("`spanAttribute`, `spanEvent`, `logEvent` or `told`.")]
    public required string Source { get; init; }

    public required string Key { get; init; }

    public required string EventAttribute { get; init; }

    public required IReadOnlyList<string> SuccessValues { get; init; }

    public required IReadOnlyList<string> FailureValues { get; init; }

    public required string ValueKey { get; init; }

    public required IReadOnlyList<string> Features { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    public required string MadeBy { get; init; }

    [Description("Null while it goes on.")]
    public required DateTimeOffset? EndedAt { get; init; }

    public required string? EndedBy { get; init; }

    internal static OutcomeDefinitionResponse Of(OutcomeDefinition row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Source = OutcomeDefinitionRequest.Sources[(int)row.Source],
        Key = row.Key,
        EventAttribute = row.EventAttribute,
        SuccessValues = row.SuccessValues,
        FailureValues = row.FailureValues,
        ValueKey = row.ValueKey,
        Features = row.Features,
        ValidFrom = row.ValidFrom,
        MadeAt = row.MadeAt,
        MadeBy = row.MadeBy,
        EndedAt = row.EndedAt,
        EndedBy = row.EndedBy,
    };
}
