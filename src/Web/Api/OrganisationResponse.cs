using System.Text.Json.Serialization;

namespace FinOps.Web.Api;

/// <summary>The organisation as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record OrganisationRequest
{
    public string? Name { get; init; }
}

/// <summary>The organisation of the key.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Name">As people know it.</param>
public sealed record OrganisationResponse(Guid Id, string Name);

/// <summary>A project.</summary>
/// <param name="Id">As filters and keys name it.</param>
/// <param name="Name">Its own within the organisation.</param>
public sealed record ProjectResponse(Guid Id, string Name);

/// <summary>The projects of the organisation.</summary>
/// <param name="Projects">By name.</param>
public sealed record ProjectsResponse(IReadOnlyList<ProjectResponse> Projects);
