using FinOps.Analytics.Policies;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/gateway-keys</c>: virtual keys, with which clients come to the organisation's gateways.</summary>
internal static class GatewayKeysEndpoint
{
    /// <summary>The last page.</summary>
    private const int MaxPage = 1_000;

    private static readonly ApiParameter State = new("state", "Only keys that are not revoked, or all. Default: live.", "all", Allowed: ["live", "all"]);

    private static readonly IReadOnlyList<ApiParameter> ListParameters =
    [
        new("search", "Part of the id or the name. Default: all.", "checkout"), State,
        new("limit", $"Keys of one answer, 1 to {GatewayKeyBook.MaxListed}. Default: 50.", "50"), new("page", "Which part of the list, from 1 on. Default: 1.", "1"),
    ];

    public static void MapGatewayKeys(this RouteGroupBuilder api)
    {
        api.MapGet("/gateway-keys", ListAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("listGatewayKeys").WithTags("Gateway keys").WithSummary("Keys of gateways' clients, without the keys themselves").WithDescription("Needs the scope `policies.read`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(ListParameters));
        api.MapGet("/gateway-keys/{id}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("getGatewayKey").WithTags("Gateway keys").WithSummary("One key").WithDescription("Needs the scope `policies.read`.").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/gateway-keys", MakeAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("makeGatewayKey").WithTags("Gateway keys").WithSummary("Makes a key")
            .WithDescription("The key is in this answer alone; gateways take it within seconds. Every mistake is named, in `errors`. Needs the scope `keys.manage`, as the next ones.")
            .Accepts<GatewayKeyRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPut("/gateway-keys/{id}", ChangeAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("changeGatewayKey").WithTags("Gateway keys").WithSummary("Changes what a key binds and allows").WithDescription("What is left out gets its default. The key itself and its id stay.")
            .Accepts<GatewayKeyRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/gateway-keys/{id}", RevokeAsync).RequireAuthorization(AccessPolicies.ApiManageKeys)
            .WithName("revokeGatewayKey").WithTags("Gateway keys").WithSummary("Revokes a key").WithDescription("Gateways refuse it within seconds. It cannot be undone, and its id is not given again.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<GatewayKeysResponse>, ProblemHttpResult>> ListAsync(HttpContext http, GatewayKeyBook book, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(ListParameters);
        var (limit, page, search, state) = (query.Number("limit", 50, GatewayKeyBook.MaxListed), query.Number("page", 1, MaxPage), query.Single("search") ?? "", query.Word(State));
        if (query.Problem is { } problem) return problem.ToResult();
        var found = await book.ListAsync(http.User.RequiredTenant(), search, state == "all", (page - 1) * limit, limit, http.RequestAborted);
        return TypedResults.Ok(new GatewayKeysResponse([.. found.Keys.Select(key => GatewayKeyResponse.Of(key, clock.GetUtcNow()))], found.Total));
    }

    private static async Task<Results<Ok<GatewayKeyResponse>, ProblemHttpResult>> GetAsync(string id, HttpContext http, GatewayKeyBook book, TimeProvider clock) =>
        await book.FindAsync(http.User.RequiredTenant(), id, http.RequestAborted) is { } key ? TypedResults.Ok(GatewayKeyResponse.Of(key, clock.GetUtcNow())) : NotFound(id);

    private static async Task<Results<Created<GatewayKeyMadeResponse>, ProblemHttpResult>> MakeAsync(HttpContext http, GatewayKeyBook book, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<GatewayKeyRequest>(http) is not { } request) return NoBody();
        var (draft, problem) = request.Read();
        if (draft is null) return problem!.ToResult();
        try
        {
            var made = await book.MakeAsync(http.User.RequiredTenant(), request.Id, draft, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Created($"/api/v1/gateway-keys/{made.Row.Id}", new GatewayKeyMadeResponse(GatewayKeyResponse.Of(made.Row, clock.GetUtcNow()), made.Token));
        }
        catch (GatewayKeyException wrong)
        {
            return Wrong(wrong);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<GatewayKeyResponse>, ProblemHttpResult>> ChangeAsync(string id, HttpContext http, GatewayKeyBook book, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<GatewayKeyRequest>(http) is not { } request) return NoBody();
        if (request.Id.Length > 0 && request.Id != id) return new ApiProblem("id", "A key keeps its id. Leave it out, or make another key.").ToResult();
        var (draft, problem) = request.Read();
        if (draft is null) return problem!.ToResult();
        try
        {
            var changed = await book.ChangeAsync(http.User.RequiredTenant(), id, draft, ApiBody.ActorOf(http), http.RequestAborted);
            return changed is null ? NotFound(id) : TypedResults.Ok(GatewayKeyResponse.Of(changed, clock.GetUtcNow()));
        }
        catch (GatewayKeyException wrong)
        {
            return Wrong(wrong);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(string id, HttpContext http, GatewayKeyBook book)
    {
        try
        {
            return await book.RevokeAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) is null ? NotFound(id) : TypedResults.NoContent();
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static ProblemHttpResult NoBody() => new ApiProblem("body", "The body must be a JSON object with name, and optionally id, tags, models, providers, expiresAt and enabled.").ToResult();

    private static ProblemHttpResult Wrong(GatewayKeyException wrong) => TypedResults.Problem(
        title: "Bad request", detail: $"The key has {wrong.Errors.Count} {(wrong.Errors.Count == 1 ? "mistake" : "mistakes")}: {wrong.Errors[0]}", statusCode: StatusCodes.Status400BadRequest,
        extensions: new Dictionary<string, object?> { ["parameter"] = "body", ["errors"] = wrong.Errors });

    private static ProblemHttpResult NotFound(string id) => ApiBody.NotFound($"There is no live gateway key {id}.");
}
