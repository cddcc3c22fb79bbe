using FinOps.Analytics.Quotas;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/quotas</c>, an organisation's own, and <c>/api/v1/organisations/{name}/quotas</c>, for whoever runs the installation.</summary>
internal static class QuotasEndpoint
{
    /// <summary>Letters of a reason.</summary>
    private const int MaxWhyLength = 500;

    public static void MapQuotas(this RouteGroupBuilder api)
    {
        api.MapGet("/quotas", OwnAsync).RequireAuthorization(AccessPolicies.ApiReadQuotas)
            .WithName("getQuotas").WithTags("Quotas").WithSummary("The organisation's quotas, and what it uses of them")
            .WithDescription("Needs the scope `quotas.read`.");
        api.MapGet("/organisations/{name}/quotas", GetAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("getQuotasOfInstallation").WithTags("Installation").WithSummary("The quotas of any organisation, and what it uses of them")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPut("/organisations/{name}/quotas", PutAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("putQuotasOfInstallation").WithTags("Installation").WithSummary("Sets the quotas of any organisation")
            .WithDescription("Idempotent: the limits become exactly those of the body, and the installation's defaults for what it does not name. In force everywhere within a few seconds.")
            .Accepts<QuotasRequest>("application/json")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<QuotasResponse>, ProblemHttpResult>> OwnAsync(HttpContext http, QuotaUsageReader usage) =>
        await AnswerAsync(http.User.RequiredTenant(), usage, http.RequestAborted);

    private static async Task<Results<Ok<QuotasResponse>, ProblemHttpResult>> GetAsync(string name, HttpContext http, Installations installations, QuotaUsageReader usage) =>
        await OrganisationsEndpoint.FindAsync(installations, name, http.RequestAborted) is { } tenant ? await AnswerAsync(tenant.Id, usage, http.RequestAborted) : NotFound(name);

    private static async Task<Results<Ok<QuotasResponse>, ProblemHttpResult>> PutAsync(
        string name, HttpContext http, Installations installations, TenantQuotas quotas, QuotaUsageReader usage)
    {
        var request = await ApiBody.ReadAsync<QuotasRequest>(http);
        if (request?.Limits is not { } limits) return new ApiProblem("body", "The body must be a JSON object with limits, for example {\"limits\": {\"ingestItemsPerSecond\": 1000}}.").ToResult();
        if (request.Why is { Length: > MaxWhyLength }) return new ApiProblem("why", $"\"why\" has at most {MaxWhyLength} characters.").ToResult();
        Dictionary<Quota, long> wanted = [];
        foreach (var (word, limit) in limits)
        {
            // A misspelt name must not silently mean the default.
            if (QuotaTable.Find(word) is not { } text) return new ApiProblem("limits", $"There is no quota \"{word}\".", [.. QuotaTable.All.Select(one => one.Name)]).ToResult();
            if (limit is < 0 or > QuotaTable.MaxLimit) return new ApiProblem("limits", $"\"{word}\" must be 0 (no limit) to {QuotaTable.MaxLimit}.").ToResult();
            wanted[text.Quota] = limit;
        }

        if (await OrganisationsEndpoint.FindAsync(installations, name, http.RequestAborted) is not { } tenant
            || await quotas.SetAsync(tenant.Id, wanted, ApiBody.ActorOf(http), request.Why, http.RequestAborted) is null) return NotFound(name);
        return await AnswerAsync(tenant.Id, usage, http.RequestAborted);
    }

    private static async Task<Results<Ok<QuotasResponse>, ProblemHttpResult>> AnswerAsync(TenantId tenant, QuotaUsageReader usage, CancellationToken cancellationToken) =>
        await usage.AskAsync(tenant, cancellationToken) is { } answer ? TypedResults.Ok(QuotasResponse.Of(answer)) : NotFound(tenant.ToString());

    private static ProblemHttpResult NotFound(string name) => ApiBody.NotFound($"There is no organisation \"{name}\".");
}
