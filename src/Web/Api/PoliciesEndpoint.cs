using System.Text;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/policies</c>: drafted, submitted, approved by another person, taken back.</summary>
internal static class PoliciesEndpoint
{
    public static void MapPolicies(this RouteGroupBuilder api)
    {
        api.MapGet("/policies", ListAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("listPolicies").WithTags("Policies").WithSummary("Policies, those that wait for approval first").WithDescription("Needs the scope `policies.read`.");
        api.MapGet("/policies/{id}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("getPolicy").WithTags("Policies").WithSummary("All versions of a policy, the latest first").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/policies/{id}/truncation", TruncationAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("getPolicyTruncation").WithTags("Policies").WithSummary("How many answers ended by their length in the last seven days, by arm, and before the policy was obeyed")
            .WithDescription("For output limits: whether they cut answers off. Answers from a cache are left out. Needs the scope `policies.read`.").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/policies/preview", PreviewAsync).RequireAuthorization(AccessPolicies.ApiReadPolicies)
            .WithName("previewPolicy").WithTags("Policies").WithSummary("What a policy would have touched in the last seven days")
            .WithDescription("Stores nothing. Every mistake of the document is named, in `errors`. Needs the scope `policies.read`.").Accepts<PolicyDraftRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        Step(api.MapPost("/policies", DraftAsync), AccessPolicies.ApiDraftPolicies).WithName("draftPolicy").WithSummary("Drafts a version of a policy, or changes its draft")
            .WithDescription("Nobody obeys it yet. Every mistake of the document is named, in `errors`. Needs the scope `policies.draft`.").Accepts<PolicyDraftRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        Step(api.MapPost("/policies/{id}/{version:int}/submit", SubmitAsync), AccessPolicies.ApiDraftPolicies).WithName("submitPolicy").WithSummary("Submits a draft for approval")
            .WithDescription("It cannot be changed from then on. Needs the scope `policies.draft`.");
        Step(api.MapPost("/policies/{id}/{version:int}/approve", ApproveAsync), AccessPolicies.ApiApprovePolicies).WithName("approvePolicy").WithSummary("Approves a version and sends it out")
            .WithDescription("By another person than those who wrote and submitted it; a key counts as the person who made it. Gateways obey it within seconds. Needs the scope `policies.approve`.").Accepts<PolicyStepRequest>("application/json");
        Step(api.MapPost("/policies/{id}/{version:int}/refuse", RefuseAsync), AccessPolicies.ApiApprovePolicies).WithName("refusePolicy").WithSummary("Refuses a version").WithDescription("Needs the scope `policies.approve`.").Accepts<PolicyStepRequest>("application/json");
        Step(api.MapPost("/policies/{id}/{version:int}/withdraw", WithdrawAsync), AccessPolicies.ApiApprovePolicies).WithName("withdrawPolicy").WithSummary("Takes an active version back")
            .WithDescription("At once, and without another person: the version before is active again, or nothing of the policy is. Needs the scope `policies.approve`.").Accepts<PolicyWithdrawal>("application/json");

        static RouteHandlerBuilder Step(RouteHandlerBuilder route, string policy) => route.RequireAuthorization(policy).WithTags("Policies")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<PoliciesResponse>> ListAsync(HttpContext http, PolicyBook book)
    {
        var tenant = http.User.RequiredTenant();
        var bundle = await book.BundleAsync(tenant, http.RequestAborted);
        return TypedResults.Ok(new PoliciesResponse(bundle?.Version, [.. (await book.ListAsync(tenant, http.RequestAborted)).Select(PolicyResponse.Of)]));
    }

    private static async Task<Results<Ok<PolicyVersionsResponse>, ProblemHttpResult>> GetAsync(string id, HttpContext http, PolicyBook book) =>
        await book.VersionsAsync(http.User.RequiredTenant(), id, http.RequestAborted) is { Count: > 0 } versions
            ? TypedResults.Ok(new PolicyVersionsResponse([.. versions.Select(PolicyVersionResponse.Of)])) : ApiBody.NotFound($"There is no policy {id}.");

    private static async Task<Results<Ok<TruncationResponse>, ProblemHttpResult>> TruncationAsync(string id, HttpContext http, PolicyBook book, TruncationReader answers) =>
        await book.VersionsAsync(http.User.RequiredTenant(), id, http.RequestAborted) is { Count: > 0 } versions
            ? TypedResults.Ok(TruncationResponse.Of(await answers.ReadAsync(http.User.RequiredTenant(), versions, http.RequestAborted))) : ApiBody.NotFound($"There is no policy {id}.");

    private static async Task<Results<Ok<PolicyPreviewResponse>, ProblemHttpResult>> PreviewAsync(HttpContext http, PolicyPreviewReader previews)
    {
        var (policy, _, problem) = await ReadAsync(http);
        return policy is null ? problem! : TypedResults.Ok(PolicyPreviewResponse.Of(await previews.ReadAsync(http.User.RequiredTenant(), policy.Match, http.RequestAborted)));
    }

    private static async Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> DraftAsync(HttpContext http, PolicyBook book)
    {
        var (policy, reason, problem) = await ReadAsync(http);
        if (policy is null) return problem!;
        return await ActAsync(policy.Id, policy.Version, async () => await book.DraftAsync(http.User.RequiredTenant(), policy, reason, ApiBody.ActorOf(http), http.RequestAborted));
    }

    /// <summary>A policy, or what is wrong with it.</summary>
    private static async Task<(Policy? Policy, string Reason, ProblemHttpResult? Problem)> ReadAsync(HttpContext http)
    {
        if (await ApiBody.ReadAsync<PolicyDraftRequest>(http) is not { } request || request.Policy.ValueKind == System.Text.Json.JsonValueKind.Undefined)
            return (null, "", new ApiProblem("body", "The body must be a JSON object with policy, and optionally reason.").ToResult());
        var (policy, errors) = PolicyBundleReader.ReadPolicy(Encoding.UTF8.GetBytes(request.Policy.GetRawText()));
        if (policy is not null) return (policy, request.Reason, null);
        return (null, "", TypedResults.Problem(
            title: "Bad request", detail: $"The policy has {errors.Count} mistakes: {errors[0]}", statusCode: StatusCodes.Status400BadRequest,
            extensions: new Dictionary<string, object?> { ["parameter"] = "policy", ["errors"] = errors }));
    }

    private static Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> SubmitAsync(string id, int version, HttpContext http, PolicyBook book) =>
        ActAsync(id, version, () => book.SubmitAsync(http.User.RequiredTenant(), id, version, ApiBody.ActorOf(http), http.RequestAborted));

    private static Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> ApproveAsync(string id, int version, HttpContext http, PolicyBook book) =>
        DecideAsync<PolicyStepRequest>(id, version, http, request => book.ApproveAsync(http.User.RequiredTenant(), id, version, request.Reason, ApiBody.ActorOf(http), http.RequestAborted));

    private static Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> RefuseAsync(string id, int version, HttpContext http, PolicyBook book) =>
        DecideAsync<PolicyStepRequest>(id, version, http, request => book.RefuseAsync(http.User.RequiredTenant(), id, version, request.Reason, ApiBody.ActorOf(http), http.RequestAborted));

    private static Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> WithdrawAsync(string id, int version, HttpContext http, PolicyBook book) =>
        DecideAsync<PolicyWithdrawal>(id, version, http, request => book.WithdrawAsync(http.User.RequiredTenant(), id, version, request.Restore, request.Reason, ApiBody.ActorOf(http), http.RequestAborted));

    private static async Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> DecideAsync<T>(string id, int version, HttpContext http, Func<T, Task<PolicyVersion?>> decide)
        where T : class =>
        await ApiBody.ReadAsync<T>(http) is { } request ? await ActAsync(id, version, () => decide(request)) : new ApiProblem("body", "The body must be a JSON object, {} at least; it may have reason.").ToResult();

    private static async Task<Results<Ok<PolicyVersionResponse>, ProblemHttpResult>> ActAsync(string id, int version, Func<Task<PolicyVersion?>> act)
    {
        try
        {
            return await act() is { } row ? TypedResults.Ok(PolicyVersionResponse.Of(row)) : ApiBody.NotFound($"There is no version {version} of a policy {id}.");
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
        catch (PolicyConflictException conflict)
        {
            return TypedResults.Problem(title: "Conflict", detail: conflict.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }
}
