using FinOps.Analytics.Retention;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/retention</c>: how long the organisation's data is kept.</summary>
internal static class RetentionEndpoint
{
    public static void MapRetention(this RouteGroupBuilder api)
    {
        api.MapGet("/retention", GetAsync).RequireAuthorization(AccessPolicies.ApiManageData)
            .WithName("getRetention").WithTags("Retention").WithSummary("How long the organisation's data is kept")
            .WithDescription("Needs the scope `data.manage`.");
        api.MapPut("/retention", PutAsync).RequireAuthorization(AccessPolicies.ApiManageData)
            .WithName("putRetention").WithTags("Retention").WithSummary("Sets how long the organisation's data is kept")
            .WithDescription("Idempotent. Rows that are older go for good, at the earliest 24 hours after the change; sums of their calls stay for `sumDays`.")
            .Accepts<RetentionRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Ok<RetentionResponse>> GetAsync(HttpContext http, Retentions retentions) =>
        TypedResults.Ok(RetentionResponse.Of(await retentions.FindAsync(http.User.RequiredTenant(), http.RequestAborted)));

    private static async Task<Results<Ok<RetentionResponse>, ProblemHttpResult>> PutAsync(HttpContext http, Retentions retentions)
    {
        if (await ApiBody.ReadAsync<RetentionRequest>(http) is not { } request)
            return new ApiProblem("body", "The body must be a JSON object with callDays, linkDays, ingestEventDays, resourceSampleDays, sumDays and callSampleDays, or some of these, as whole numbers.").ToResult();
        try
        {
            return TypedResults.Ok(RetentionResponse.Of(await retentions.SetAsync(http.User.RequiredTenant(), request.ToDays(retentions.Defaults), ApiBody.ActorOf(http), http.RequestAborted)));
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("body", refusal.Message).ToResult();
        }
    }
}
