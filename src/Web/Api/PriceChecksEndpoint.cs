using FinOps.Analytics.PriceChecks;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/prices/cross-check</c>: where a second public list asks something else than the book. Public facts, the same for every organisation.</summary>
internal static class PriceChecksEndpoint
{
    private const int MaxPage = 1_000;

    private static readonly ApiParameter Provider = new("provider", "Only prices of this seller, by the list's id.", "openai");
    private static readonly ApiParameter Page = new("page", $"From 1; a page has at most {PriceCheckReader.PageSize} prices.", "1");

    public static void MapPriceChecks(this RouteGroupBuilder api)
    {
        api.MapGet("/prices/cross-check", GetAsync).RequireAuthorization(AccessPolicies.ApiReadPrices)
            .WithName("getPriceCheck").WithTags("Prices").WithSummary("The last comparison of the price list with a second one, and the prices that differ, the largest difference first")
            .WithDescription("No price changes by it. Needs the scope `prices.read`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe([Provider, Page]));
        api.MapPost("/prices/cross-check", Start).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("startPriceCheck").WithTags("Prices").WithSummary("Compares now instead of at night")
            .WithDescription("Answers at once: `last.checkedAt` of the comparison tells when it is done. It reads a list from outside for all organisations, so it needs the scope `installation.manage`.")
            .Produces(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<PriceCheckResponse>, ProblemHttpResult>> GetAsync(HttpContext http, PriceCheckReader checks)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown([Provider, Page]);
        var (seller, page) = (query.Single(Provider.Name), query.Number(Page.Name, 1, MaxPage));
        if (query.Problem is { } problem) return problem.ToResult();
        return TypedResults.Ok(PriceCheckResponse.Of(await checks.AskAsync(http.User.RequiredTenant(), seller, (page - 1) * PriceCheckReader.PageSize, http.RequestAborted), page));
    }

    private static Results<Accepted, ProblemHttpResult> Start(StartPriceCheck start) => start.Run() switch
    {
        PriceCheckStart.Started => TypedResults.Accepted("/api/v1/prices/cross-check"),
        PriceCheckStart.NotConfigured => TypedResults.Problem(
            title: "Conflict", detail: $"The installation has no second list: name one in {PriceCheckOptions.Section}:{nameof(PriceCheckOptions.Source)}.", statusCode: StatusCodes.Status409Conflict),
        _ => TypedResults.Problem(title: "Service unavailable", detail: "Jobs cannot be started while PostgreSQL is away. Try again.", statusCode: StatusCodes.Status503ServiceUnavailable),
    };
}
