using FinOps.Analytics.Audit;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Unpriced;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/reratings</c> and <c>/api/v1/prices/unpriced</c>: calls without a price, and calls that get another one.</summary>
internal static class ReratingsEndpoint
{
    private const string Shape = "The body must be a JSON object with from, to and reason, and provider and model where only their calls are meant.";

    private static readonly IReadOnlyList<ApiParameter> UnpricedParameters =
    [
        ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone, new("limit", $"Providers and models, those with most calls first, 1 to {UnpricedQuestion.MaxLimit}. Default: 100.", "100"),
    ];

    public static void MapReratings(this RouteGroupBuilder api)
    {
        api.MapGet("/prices/unpriced", UnpricedAsync).RequireAuthorization(AccessPolicies.ApiReadPrices).WithMetadata(AsksAnalytics.Instance)
            .WithName("listUnpriced").WithTags("Prices").WithSummary("Calls without a price, by provider and model, with why and what the name could stand for")
            .WithDescription("Make the alias with `POST /prices/aliases`, then rate its calls anew with `POST /reratings`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(UnpricedParameters));
        api.MapGet("/reratings", ListAsync).RequireAuthorization(AccessPolicies.ApiReadPrices)
            .WithName("listReratings").WithTags("Re-rating").WithSummary("Re-ratings, the latest first").WithDescription("Needs the scope `prices.read`.");
        api.MapGet("/reratings/{id:guid}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadPrices).WithMetadata(AsksAnalytics.Instance)
            .WithName("getRerating").WithTags("Re-rating").WithSummary("How far one is, and its difference by model, feature and day").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/reratings", RequestAsync), AccessPolicies.ApiPreviewRerating).WithName("previewRerating").WithSummary("Starts a preview of what calls would cost by the prices of today")
            .WithDescription("Nothing of a call changes before it is applied. Needs the scope `rerating.preview`. Two re-ratings of the same calls at a time are a conflict.")
            .Accepts<ReratingPreviewRequest>("application/json").Produces<ReratingSummary>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest);
        Acts(api.MapPost("/reratings/{id:guid}/apply", ApplyAsync), AccessPolicies.ApiApplyRerating).WithName("applyRerating").WithSummary("Makes the previewed costs the calls' costs")
            .WithDescription("Again changes nothing. Needs the scope `rerating.apply`.");
        Acts(api.MapPost("/reratings/{id:guid}/revert", RevertAsync), AccessPolicies.ApiApplyRerating).WithName("revertRerating").WithSummary("Gives calls back the costs that they had before")
            .WithDescription("Again changes nothing. Needs the scope `rerating.apply`.");
        Acts(api.MapPost("/reratings/{id:guid}/cancel", CancelAsync), AccessPolicies.ApiPreviewRerating).WithName("cancelRerating").WithSummary("Cancels a preview")
            .WithDescription("One that is being applied stops at its next slice, which needs the scope `rerating.apply`; what was applied by then stays, and can be reverted.");

        static RouteHandlerBuilder Acts(RouteHandlerBuilder route, string policy) => route.RequireAuthorization(policy).WithTags("Re-rating")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<UnpricedResponse>, ProblemHttpResult>> UnpricedAsync(HttpContext http, UnpricedReader unpriced, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(UnpricedParameters);
        var question = new UnpricedQuestion(http.User.RequiredTenant(), query.Range(query.TimeZone())) { Limit = query.Number("limit", 100, UnpricedQuestion.MaxLimit) };
        if (query.Problem is { } problem) return problem.ToResult();
        var answer = await unpriced.AskAsync(question, http.RequestAborted);
        return TypedResults.Ok(new UnpricedResponse([.. answer.Models.Select(UnpricedEntry.Of)], answer.Truncated));
    }

    private static async Task<Ok<ReratingsResponse>> ListAsync(HttpContext http, Reratings reratings) =>
        TypedResults.Ok(new ReratingsResponse([.. (await reratings.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(ReratingSummary.Of)]));

    private static async Task<Results<Ok<ReratingResponse>, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, Reratings reratings, ReratingReader reader)
    {
        if (await reratings.FindAsync(http.User.RequiredTenant(), id, http.RequestAborted) is not { } run) return None(id);
        return TypedResults.Ok(new ReratingResponse(
            ReratingSummary.Of(run), await LinesAsync(ReratingGroup.Model), await LinesAsync(ReratingGroup.Feature), await LinesAsync(ReratingGroup.Day)));

        async Task<IReadOnlyList<ReratingLine>> LinesAsync(ReratingGroup group) =>
            [.. (await reader.DifferencesAsync(run, group, http.RequestAborted)).Select(line => new ReratingLine(
                line.Name, line.Calls, line.OldCost, line.NewCost, line.PricedCalls, line.UnpricedCalls))];
    }

    private static async Task<Results<Accepted<ReratingSummary>, ProblemHttpResult>> RequestAsync(HttpContext http, Reratings reratings)
    {
        if (await ApiBody.ReadAsync<ReratingPreviewRequest>(http) is not { From: { } from, To: { } to, Reason: { } reason } body) return new ApiProblem("body", Shape).ToResult();
        try
        {
            var request = new ReratingRequest(new TimeRange(from, to), body.Provider, body.Model, reason);
            var run = await reratings.RequestAsync(http.User.RequiredTenant(), request, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Accepted($"/api/v1/reratings/{run.Id}", ReratingSummary.Of(run));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static Task<Results<Ok<ReratingSummary>, ProblemHttpResult>> ApplyAsync(Guid id, HttpContext http, Reratings reratings) => ActAsync(id, http, reratings.ApplyAsync);

    private static Task<Results<Ok<ReratingSummary>, ProblemHttpResult>> RevertAsync(Guid id, HttpContext http, Reratings reratings) => ActAsync(id, http, reratings.RevertAsync);

    private static async Task<Results<Ok<ReratingSummary>, ProblemHttpResult>> CancelAsync(Guid id, HttpContext http, Reratings reratings)
    {
        var run = await reratings.FindAsync(http.User.RequiredTenant(), id, http.RequestAborted);
        if (run?.State == ReratingState.Applying && !http.User.HasClaim(TenantClaims.KeyScope, KeyScopes.ApplyRerating))
            return TypedResults.Problem(title: "Forbidden", detail: $"It is being applied: to stop that needs the scope {KeyScopes.ApplyRerating}.", statusCode: StatusCodes.Status403Forbidden);
        return await ActAsync(id, http, reratings.CancelAsync);
    }

    private static async Task<Results<Ok<ReratingSummary>, ProblemHttpResult>> ActAsync(
        Guid id, HttpContext http, Func<TenantId, Guid, Actor, CancellationToken, Task<Rerating?>> act)
    {
        try
        {
            var run = await act(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted);
            return run is null ? None(id) : TypedResults.Ok(ReratingSummary.Of(run));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static ProblemHttpResult None(Guid id) => ApiBody.NotFound($"There is no re-rating {id}.");
}
