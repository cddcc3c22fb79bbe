using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Deletion;

namespace FinOps.Web.Api;

/// <summary>A user to erase.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ErasureRequest
{
    [Description("The user as calls name them.")]
    public required string User { get; init; }

    [Description("`keep` (default): calls and all sums of money stay, without the name. `delete`: the user's calls go, and sums follow.")]
    public string? Calls { get; init; }
}

/// <summary>The erasures of the organisation.</summary>
/// <param name="Erasures">The latest first, 50 at most.</param>
public sealed record ErasuresResponse(IReadOnlyList<ErasureResponse> Erasures);

/// <summary>An erasure; it does not say whose.</summary>
public sealed record ErasureResponse
{
    public required Guid Id { get; init; }

    [Description("`keep` or `delete`.")]
    public required string Calls { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public required string RequestedBy { get; init; }

    [Description("Null while it is under way.")]
    public required DateTimeOffset? FinishedAt { get; init; }

    [Description("Rows changed or removed, by table.")]
    public required IReadOnlyDictionary<string, long> Rows { get; init; }

    internal static ErasureResponse Of(UserErasure erasure) => new()
    {
        Id = erasure.Id,
        Calls = erasure.DeletesCalls ? ErasuresEndpoint.Delete : ErasuresEndpoint.Keep,
        RequestedAt = erasure.RequestedAt,
        RequestedBy = erasure.RequestedBy,
        FinishedAt = erasure.FinishedAt,
        Rows = erasure.Rows,
    };
}
