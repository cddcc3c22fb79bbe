using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/keys</c>: keys by their names, so that a script can be run again and again.</summary>
internal static class KeysEndpoint
{
    private static readonly ApiParameter Why = new("why", "The reason, for the audit record.", "left the team");

    private static readonly ApiParameter OverlapHours = new(
        "overlapHours", $"Hours that the old key goes on, 1 to {AccessKeys.MaxRotationOverlap.TotalHours:0}. Default: {AccessKeys.RotationOverlap.TotalHours:0}.", "24");

    public static void MapKeys(this RouteGroupBuilder api)
    {
        api.MapGet("/keys", ListAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("listKeys").WithTags("Keys").WithSummary("The organisation's keys, without their tokens")
            .WithDescription("Needs the scope `keys.manage`, as everything under `/keys`.");
        api.MapPut("/keys/{name}", PutAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("putKey").WithTags("Keys").WithSummary("Makes sure that a live key of this name is there, as described")
            .WithDescription("Idempotent. The token is in the answer that made the key (201), and in no other. A live key of another kind or project is a conflict.")
            .Accepts<KeyRequest>("application/json").Produces<KeyPutResponse>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/keys/{name}/rotate", RotateAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("rotateKey").WithTags("Keys").WithSummary("Makes a successor; the old key goes on for a while")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .AddOpenApiOperationTransformer(ApiDocument.Describe([OverlapHours], keepPath: true));
        api.MapDelete("/keys/{name}", DeleteAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("revokeKey").WithTags("Keys").WithSummary("Revokes every live key of this name, also one that goes on beside its successor")
            .WithDescription("Idempotent. Clients with the key are refused within five seconds.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .AddOpenApiOperationTransformer(ApiDocument.Describe([Why], keepPath: true));
    }

    private static async Task<Ok<KeysResponse>> ListAsync(HttpContext http, AccessKeys keys, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return TypedResults.Ok(new KeysResponse([.. (await keys.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(key => KeyResponse.Of(key, now))]));
    }

    private static async Task<Results<Ok<KeyPutResponse>, Created<KeyPutResponse>, ProblemHttpResult>> PutAsync(
        string name, HttpContext http, AccessKeys keys, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<KeyRequest>(http) is not { } request)
            return new ApiProblem("body", "The body must be a JSON object with kind, project, scopes, expiresAt and boundTags, or some of these.").ToResult();
        var (wanted, problem) = Read(name, request, http.User.FindProject()!.Value);
        if (wanted is null) return problem!.ToResult();
        try
        {
            var (key, token) = await keys.EnsureAsync(http.User.RequiredTenant(), wanted with { ByOperator = http.User.HasScopes(KeyScopes.OfOperators) }, http.User.HasScopes, ApiBody.ActorOf(http), http.RequestAborted);
            var answer = new KeyPutResponse(KeyResponse.Of(key, clock.GetUtcNow()), token);
            return token is null ? TypedResults.Ok(answer) : TypedResults.Created($"/api/v1/keys/{Uri.EscapeDataString(key.Name)}", answer);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<KeyPutResponse>, ProblemHttpResult>> RotateAsync(string name, HttpContext http, AccessKeys keys, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown([OverlapHours]);
        var hours = query.Number(OverlapHours.Name, (int)AccessKeys.RotationOverlap.TotalHours, (int)AccessKeys.MaxRotationOverlap.TotalHours);
        if (query.Problem is { } problem) return problem.ToResult();
        var tenant = http.User.RequiredTenant();
        try
        {
            var live = (await keys.ListAsync(tenant, http.RequestAborted)).FirstOrDefault(key => key.Name == name && key.State(clock.GetUtcNow()) == KeyState.Active);
            if (live is null || await keys.RotateAsync(tenant, live.Id, TimeSpan.FromHours(hours), http.User.HasScopes, ApiBody.ActorOf(http), http.RequestAborted) is not { } made) return NotFound(name);
            var successor = (await keys.ListAsync(tenant, http.RequestAborted)).Single(key => key.Id == made.Id);
            return TypedResults.Ok(new KeyPutResponse(KeyResponse.Of(successor, clock.GetUtcNow()), made.Token));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(string name, HttpContext http, AccessKeys keys)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown([Why]);
        var why = query.Single(Why.Name);
        if (query.Problem is { } problem) return problem.ToResult();
        var tenant = http.User.RequiredTenant();
        var named = (await keys.ListAsync(tenant, http.RequestAborted)).Where(key => key.Name == name).ToList();
        if (named.Count == 0) return NotFound(name);
        if (!named.Where(key => key.RevokedAt is null).All(key => http.User.HasScopes(key.Scopes)))
            return ApiBody.Conflict(new TenancyException("A key cannot revoke one with scopes that it has not itself."));
        foreach (var key in named.Where(key => key.RevokedAt is null)) await keys.RevokeAsync(tenant, key.Id, ApiBody.ActorOf(http), why, http.RequestAborted);
        return TypedResults.NoContent();
    }

    /// <summary>A misspelt word must not silently mean the default.</summary>
    internal static (NewAccessKey? Wanted, ApiProblem? Problem) Read(string name, KeyRequest request, ProjectId standardProject)
    {
        if (!ApiBody.TryWord<KeyKind>(request.Kind ?? "ingest", out var kind))
            return (null, ApiBody.NoWord<KeyKind>("kind", request.Kind!));
        var tags = new Dictionary<Tag, string>();
        foreach (var (word, value) in request.BoundTags ?? new Dictionary<string, string>())
        {
            if (!ApiBody.TryWord<Tag>(word, out var tag) || !BoundTags.Bindable.Contains(tag))
                return (null, new ApiProblem("boundTags", $"A key cannot bind \"{word}\".", [.. BoundTags.Bindable.Select(CallsEndpoint.Word)]));
            if (!string.IsNullOrWhiteSpace(value)) tags[tag] = value.Trim();
        }

        var wanted = new NewAccessKey(request.Project is { } project ? new ProjectId(project) : standardProject, kind, name) { BoundTags = tags, ExpiresAt = request.ExpiresAt };
        return (request.Scopes is { } scopes ? wanted with { Scopes = scopes } : wanted, null);
    }

    private static ProblemHttpResult NotFound(string name) => ApiBody.NotFound($"There is no live key \"{name}\".");
}
