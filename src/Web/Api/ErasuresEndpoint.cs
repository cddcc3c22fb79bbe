using FinOps.Analytics.Deletion;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/erasures</c>: users of the organisation who are to be forgotten.</summary>
internal static class ErasuresEndpoint
{
    public const string Keep = "keep";
    public const string Delete = "delete";

    public static void MapErasures(this RouteGroupBuilder api)
    {
        api.MapGet("/erasures", ListAsync).RequireAuthorization(AccessPolicies.ApiManageData)
            .WithName("listErasures").WithTags("Erasures").WithSummary("Erasures of users, with the rows of each table")
            .WithDescription("Needs the scope `data.manage`, as everything under `/erasures`.");
        api.MapPut("/erasures/{id:guid}", PutAsync).RequireAuthorization(AccessPolicies.ApiManageData)
            .WithName("putErasure").WithTags("Erasures").WithSummary("Erases a user, under an id that the caller chooses")
            .WithDescription("Idempotent: the same again answers how far it is. It cannot be undone. Stop sending the name first: what comes in later is stored as it comes.")
            .Accepts<ErasureRequest>("application/json").Produces<ErasureResponse>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<ErasuresResponse>> ListAsync(HttpContext http, UserErasures erasures) =>
        TypedResults.Ok(new ErasuresResponse([.. (await erasures.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(ErasureResponse.Of)]));

    private static async Task<Results<Ok<ErasureResponse>, Accepted<ErasureResponse>, ProblemHttpResult>> PutAsync(Guid id, HttpContext http, UserErasures erasures)
    {
        if (await ApiBody.ReadAsync<ErasureRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with user and, if wanted, calls.").ToResult();
        if ((request.Calls ?? Keep) is not (Keep or Delete)) return new ApiProblem("calls", $"Calls cannot be \"{request.Calls}\".", [Keep, Delete]).ToResult();
        try
        {
            var erasure = await erasures.RequestAsync(http.User.RequiredTenant(), id, request.User, request.Calls == Delete, ApiBody.ActorOf(http), http.RequestAborted);
            var answer = ErasureResponse.Of(erasure);
            return erasure.FinishedAt is null ? TypedResults.Accepted($"/api/v1/erasures/{id}", answer) : TypedResults.Ok(answer);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }
}
