using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>A one-time token is to be made.</summary>
/// <param name="Name">What the agent will be called.</param>
/// <param name="Project">The project that it sends telemetry to. Left out: the key's own.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record EnrolmentRequest(string Name, Guid? Project = null);

/// <summary>A one-time token.</summary>
/// <param name="Token">Shown this once.</param>
/// <param name="Name">What the agent will be called.</param>
/// <param name="ExpiresAt">It opens nothing from then on.</param>
public sealed record EnrolmentResponse(string Token, string Name, DateTimeOffset ExpiresAt);

/// <summary>An agent at the edge.</summary>
public sealed record AgentResponse
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    [Description("live, away (it said nothing for three heartbeats) or revoked.")]
    public required string State { get; init; }
    public required DateTimeOffset EnrolledAt { get; init; }
    public required string EnrolledBy { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }
    public required string Software { get; init; }
    public required string Host { get; init; }

    [Description("The bundle that it obeys; 0: none.")]
    public required long Version { get; init; }

    [Description("It obeys another bundle than the newest one.")]
    public required bool Drift { get; init; }

    [Description("The bundle that it refused; null: none.")]
    public required long? RefusedVersion { get; init; }
    public required string? Refusal { get; init; }
    public required string? RefusalDetail { get; init; }
    public required long Calls { get; init; }
    public required long WaitingSpans { get; init; }
    public required long LostSpans { get; init; }
    public required DateTimeOffset? RevokedAt { get; init; }

    internal static AgentResponse Of(RecordedAgent row, long newest, DateTimeOffset now) => new()
    {
        Id = row.Id,
        Name = row.Name,
        State = row.RevokedAt is not null ? "revoked" : now - row.LastSeenAt > AgentBook.AwayAfter ? "away" : "live",
        EnrolledAt = row.EnrolledAt,
        EnrolledBy = row.EnrolledBy,
        LastSeenAt = row.LastSeenAt,
        Software = row.Software,
        Host = row.Host,
        Version = row.HeldVersion,
        Drift = row.HeldVersion != newest,
        RefusedVersion = row.RefusedVersion,
        Refusal = row.Refusal,
        RefusalDetail = row.RefusalDetail,
        Calls = row.Calls,
        WaitingSpans = row.WaitingSpans,
        LostSpans = row.LostSpans,
        RevokedAt = row.RevokedAt,
    };
}

/// <summary>Agents of the organisation.</summary>
/// <param name="Bundle">The newest bundle's version; 0: there is none.</param>
/// <param name="Agents">By name; then revoked ones.</param>
public sealed record AgentsResponse(long Bundle, IReadOnlyList<AgentResponse> Agents);

/// <summary><c>/api/v1/agents</c>: gateways at the edge, what they obey, and the tokens with which they enrol.</summary>
internal static class AgentsEndpoint
{
    public static void MapAgents(this RouteGroupBuilder api)
    {
        api.MapGet("/agents", ListAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("listAgents").WithTags("Agents").WithSummary("Agents with what they obey and when they were last seen").WithDescription("Needs the scope `policies.read`.");
        api.MapPost("/agents/enrolments", InviteAsync).RequireAuthorization(AccessPolicies.ApiManageAgents)
            .WithName("inviteAgent").WithTags("Agents").WithSummary("Makes a one-time token for an agent").WithDescription("A token of before for the same name is dead. Needs the scope `agents.manage`.")
            .Accepts<EnrolmentRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/agents/{id:guid}", RevokeAsync).RequireAuthorization(AccessPolicies.ApiManageAgents)
            .WithName("revokeAgent").WithTags("Agents").WithSummary("Revokes an agent with its key").WithDescription("It gets and sends nothing any more; what it holds it obeys until somebody stops it. Needs the scope `agents.manage`.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<AgentsResponse>> ListAsync(HttpContext http, AgentBook agents, PolicyBook book, TimeProvider clock)
    {
        var tenant = http.User.RequiredTenant();
        var newest = (await book.BundleAsync(tenant, http.RequestAborted))?.Version ?? 0;
        var now = clock.GetUtcNow();
        return TypedResults.Ok(new AgentsResponse(newest, [.. (await agents.ListAsync(tenant, http.RequestAborted)).Select(row => AgentResponse.Of(row, newest, now))]));
    }

    private static async Task<Results<Ok<EnrolmentResponse>, ProblemHttpResult>> InviteAsync(HttpContext http, AgentBook agents)
    {
        if (await ApiBody.ReadAsync<EnrolmentRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with name, and optionally project.").ToResult();
        var project = request.Project is { } told ? new ProjectId(told) : http.User.FindProject()!.Value;
        try
        {
            var made = await agents.InviteAsync(http.User.RequiredTenant(), request.Name, project, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Ok(new EnrolmentResponse(made.Token, made.Name, made.ExpiresAt));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(Guid id, HttpContext http, AgentBook agents) =>
        await agents.RevokeAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) ? TypedResults.NoContent() : ApiBody.NotFound($"There is no agent {id}.");
}
