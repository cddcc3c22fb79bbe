using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.Features;

namespace FinOps.Web.Api;

/// <summary><c>/agent/v1</c>: what agents at the edge ask for and tell (<see cref="AgentControl"/>). Whose policies they get comes from their key alone.</summary>
internal static class AgentControlEndpoint
{
    public static void MapAgentControl(this RouteGroupBuilder group, ApiRateLimit limit)
    {
        group.ExcludeFromDescription().AddEndpointFilter(limit);
        group.MapPost("/enrol", EnrolAsync).AllowAnonymous();
        group.MapGet("/bundle", BundleAsync).RequireAuthorization(AccessPolicies.Agent);
        group.MapPost("/acknowledge", AcknowledgeAsync).RequireAuthorization(AccessPolicies.Agent);
        group.MapPost("/heartbeat", HeartbeatAsync).RequireAuthorization(AccessPolicies.Agent);
        group.MapPost("/leases/reserve", ReserveAsync).RequireAuthorization(AccessPolicies.Agent);
        group.MapPost("/leases/settle", (HttpContext http, LeaseLedger ledger) => SettleAsync(http, ledger, isLast: false)).RequireAuthorization(AccessPolicies.Agent);
        group.MapPost("/leases/return", (HttpContext http, LeaseLedger ledger) => SettleAsync(http, ledger, isLast: true)).RequireAuthorization(AccessPolicies.Agent);
    }

    private static async Task<IResult> EnrolAsync(HttpContext http, AgentBook agents, SigningKeys signing)
    {
        if (await ReadAsync(http, ControlJson.Default.EnrolRequest) is not { } request) return Malformed("token, software and host");
        try
        {
            // First, so that no token is used up where bundles could not be signed.
            var key = await signing.PublicAsync(http.RequestAborted);
            if (await agents.EnrolAsync(request, http.Connection.RemoteIpAddress?.ToString(), http.RequestAborted) is not { } agent)
                return Problem(StatusCodes.Status401Unauthorized, "Unauthorized", "The token is unknown, used, revoked or expired. Make a new one on the page Agents.");
            return TypedResults.Json(new EnrolResponse(agent.Id, agent.Name, agent.Tenant.Value, agent.Key, key.SubjectPublicKeyInfo, agent.Project.Value), ControlJson.Default.EnrolResponse);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<IResult> BundleAsync(HttpContext http, AgentBook agents, PolicyBook book, BundleHeads heads)
    {
        if (!TryNumber(http, AgentControl.HaveParameter, long.MaxValue, out var have)) return new ApiProblem(AgentControl.HaveParameter, "have is the version that the agent holds: a whole number, 0 for none.").ToResult();
        if (!TryNumber(http, AgentControl.WaitParameter, AgentControl.MaxWaitSeconds, out var wait)) return new ApiProblem(AgentControl.WaitParameter, $"wait is 0 to {AgentControl.MaxWaitSeconds} seconds.").ToResult();
        var (tenant, key, token) = (http.User.RequiredTenant(), KeyOf(http), http.RequestAborted);
        if (!await agents.IsAgentAsync(tenant, key, token)) return NoAgent();
        var version = await heads.WaitAsync(tenant, have, TimeSpan.FromSeconds(wait), token);
        // It may have been revoked while it waited.
        if (wait > 0 && !await agents.IsAgentAsync(tenant, key, token)) return NoAgent();
        if (version == have && version != 0) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        if (await book.BundleAsync(tenant, token) is not { } bundle) return ApiBody.NotFound("There is no bundle yet: no policy was ever approved, and no gateway key made.");
        return bundle.Version == have ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Bytes(bundle.ToSigned().ToJson(), "application/json");
    }

    private static async Task<IResult> AcknowledgeAsync(HttpContext http, AgentBook agents)
    {
        if (await ReadAsync(http, ControlJson.Default.Acknowledgement) is not { Version: >= 0 } told) return Malformed("version, refusal and errors");
        if (PolicyWords.Refusals.Find(told.Refusal) is null) return new ApiProblem("refusal", "There is no such refusal.", [.. PolicyWords.Refusals.All]).ToResult();
        return await agents.AcknowledgeAsync(http.User.RequiredTenant(), KeyOf(http), told, http.RequestAborted) ? TypedResults.NoContent() : NoAgent();
    }

    private static async Task<IResult> HeartbeatAsync(HttpContext http, AgentBook agents, BundleHeads heads)
    {
        if (await ReadAsync(http, ControlJson.Default.Heartbeat) is not { Version: >= 0, Calls: >= 0, WaitingSpans: >= 0, LostSpans: >= 0 } heartbeat) return Malformed("version, software, calls, waiting_spans and lost_spans");
        var tenant = http.User.RequiredTenant();
        return await agents.HearAsync(tenant, KeyOf(http), heartbeat, http.RequestAborted)
            ? TypedResults.Json(new HeartbeatResponse(heads.Current(tenant), AgentControl.HeartbeatSeconds), ControlJson.Default.HeartbeatResponse)
            : NoAgent();
    }

    private static async Task<IResult> ReserveAsync(HttpContext http, LeaseLedger ledger)
    {
        if (await ReadAsync(http, ControlJson.Default.LeaseRequest) is not { PolicyId.Length: > 0 and <= Policy.MaxIdLength, Usd: > 0 and <= BudgetLimit.MostUsd, Seconds: >= BudgetLease.MinSeconds and <= BudgetLease.MaxSeconds } wish || wish.RequestId == Guid.Empty)
            return Malformed($"policy_id, budget_id, usd (above 0, at most {BudgetLimit.MostUsd:0}), seconds ({BudgetLease.MinSeconds} to {BudgetLease.MaxSeconds}) and, if it may be repeated, request_id (not all zeros)");
        var answer = await ledger.ReserveAsync(http.User.RequiredTenant(), KeyOf(http), wish, http.RequestAborted);
        return answer.Outcome switch
        {
            LeaseOutcome.Done => TypedResults.Json(answer.Grant!, ControlJson.Default.LeaseGrant),
            LeaseOutcome.NoAgent => NoAgent(),
            LeaseOutcome.NotFound => ApiBody.NotFound(answer.Problem!),
            LeaseOutcome.Away => Problem(StatusCodes.Status503ServiceUnavailable, "Not known", answer.Problem!),
            _ => Problem(StatusCodes.Status409Conflict, "Conflict", answer.Problem!),
        };
    }

    private static async Task<IResult> SettleAsync(HttpContext http, LeaseLedger ledger, bool isLast)
    {
        if (await ReadAsync(http, ControlJson.Default.LeaseSettlement) is not { SpentUsd: >= 0 and <= BudgetLimit.MostUsd, Calls: >= 0 } told) return Malformed($"lease_id, spent_usd (0 to {BudgetLimit.MostUsd:0}) and calls (0 or more)");
        return await ledger.SettleAsync(http.User.RequiredTenant(), KeyOf(http), told, isLast, http.RequestAborted) switch
        {
            LeaseOutcome.Done => TypedResults.NoContent(),
            LeaseOutcome.NoAgent => NoAgent(),
            _ => ApiBody.NotFound($"This agent was never granted the lease {told.LeaseId}, or it is kept no longer."),
        };
    }

    private static Guid KeyOf(HttpContext http) => http.User.FindKey() ?? throw new InvalidOperationException("The caller has no key: the endpoint needs an access policy.");

    /// <summary>Left out: 0.</summary>
    private static bool TryNumber(HttpContext http, string name, long most, out long value)
    {
        value = 0;
        var told = http.Request.Query[name];
        return told.Count == 0 || (told.Count == 1 && long.TryParse(told[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value) && value <= most);
    }

    /// <summary>Null for what is no such body, or too long.</summary>
    private static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body) body.MaxRequestBodySize = AgentControl.MaxBodyBytes;
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted);
        }
        catch (Exception malformed) when (malformed is JsonException or BadHttpRequestException)
        {
            return null;
        }
    }

    private static IResult Malformed(string fields) => new ApiProblem("body", $"The body must be a JSON object with {fields}, of at most {AgentControl.MaxBodyBytes} bytes.").ToResult();

    private static IResult NoAgent() => Problem(StatusCodes.Status403Forbidden, "Forbidden", "No agent that is enrolled has this key. Enrol with a one-time token of the page Agents.");

    private static IResult Problem(int status, string title, string detail) => TypedResults.Problem(title: title, detail: detail, statusCode: status);
}
