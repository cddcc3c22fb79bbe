using FinOps.Analytics.Detection;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/detection</c>: what is told of runaways and unusual spend.</summary>
internal static class DetectionEndpoint
{
    public static void MapDetection(this RouteGroupBuilder api)
    {
        api.MapGet("/detection", GetAsync).RequireAuthorization(AccessPolicies.ApiReadAlerts)
            .WithName("getDetection").WithTags("Alerts").WithSummary("Kinds and scopes of which detection tells nothing").WithDescription("Needs the scope `alerts.read`.");
        api.MapPut("/detection", ChangeAsync).RequireAuthorization(AccessPolicies.ApiManageAlerts)
            .WithName("changeDetection").WithTags("Alerts").WithSummary("Changes of which kinds and scopes detection tells nothing").WithDescription("Needs the scope `alerts.manage`. Holds for what is found from now on; alerts stay as they are.")
            .Accepts<DetectionBody>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Ok<DetectionBody>> GetAsync(HttpContext http, DetectionBook book) =>
        TypedResults.Ok(DetectionBody.Of(await book.ReadAsync(http.User.RequiredTenant(), http.RequestAborted)));

    private static async Task<Results<Ok<DetectionBody>, ProblemHttpResult>> ChangeAsync(HttpContext http, DetectionBook book)
    {
        if (await ApiBody.ReadAsync<DetectionBody>(http) is not { } body) return new ApiProblem("body", "The body must be a JSON object with off, a list of kinds, and mutes, a list of dimension, value and (optional) until and reason.").ToResult();
        var (settings, unknown) = body.ToSettings();
        if (settings is null) return ApiBody.NoWord<ScopeDimension>("dimension", unknown).ToResult();
        try
        {
            return TypedResults.Ok(DetectionBody.Of(await book.ChangeAsync(http.User.RequiredTenant(), _ => settings, ApiBody.ActorOf(http), http.RequestAborted)));
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("body", refusal.Message).ToResult();
        }
    }
}
