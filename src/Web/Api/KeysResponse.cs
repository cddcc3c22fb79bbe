using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Web.Api;

/// <summary>The keys of the organisation.</summary>
/// <param name="Keys">The latest first, revoked ones included.</param>
public sealed record KeysResponse(IReadOnlyList<KeyResponse> Keys);

/// <summary>A key as it shall be. What is left out is as it is for a new key, also where the key is there already.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record KeyRequest
{
    [Description("`ingest` (default) and `agent` keys send telemetry, an `api` key asks this API.")]
    public string? Kind { get; init; }

    [Description("Id of the project. Default: the project of the asking key.")]
    public Guid? Project { get; init; }

    [Description("Of an API key. Default: calls.read and costs.read. A key can give those only that it has itself.")]
    public IReadOnlyList<string>? Scopes { get; init; }

    [Description("RFC 3339; null for a key without an end.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    [Description("Of a key that sends: `feature`, `team`, `environment`, `customer`. These win over what the telemetry says.")]
    public IReadOnlyDictionary<string, string>? BoundTags { get; init; }
}

/// <summary>A key without its token.</summary>
public sealed record KeyResponse
{
    public required Guid Id { get; init; }

    [Description("Means one live key of the organisation.")]
    public required string Name { get; init; }

    [Description("`ingest`, `api` or `agent`.")]
    public required string Kind { get; init; }

    [Description("`active`, `rotated` (goes on beside its successor until `expiresAt`), `expired` or `revoked`.")]
    public required string State { get; init; }

    [Description("The first characters of the token.")]
    public required string Prefix { get; init; }

    [Description("Id of the project.")]
    public required Guid Project { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyDictionary<string, string> BoundTags { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset? RevokedAt { get; init; }

    [Description("About a minute exact; null for a key that was never used.")]
    public required DateTimeOffset? LastUsedAt { get; init; }

    internal static KeyResponse Of(AccessKeyRow key, DateTimeOffset now) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Kind = CallsEndpoint.Word(key.Kind),
        State = CallsEndpoint.Word(key.State(now)),
        Prefix = key.Prefix,
        Project = key.ProjectId,
        Scopes = key.Scopes,
        BoundTags = key.BoundTags.ToDictionary(tag => CallsEndpoint.Word(tag.Key), tag => tag.Value, StringComparer.Ordinal),
        CreatedAt = key.CreatedAt,
        CreatedBy = key.CreatedBy,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
        LastUsedAt = key.LastUsedAt,
    };
}

/// <summary>What became of a key that was put or rotated.</summary>
/// <param name="Key">The key as it is now; after a rotation the successor.</param>
/// <param name="Token">The secret, of a key that was just made: it is not shown again. Null where the key was there already.</param>
public sealed record KeyPutResponse(KeyResponse Key, string? Token);
