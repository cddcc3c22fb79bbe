using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/audit</c> and <c>GET /api/v1/audit/verify</c></summary>
internal static class AuditEndpoint
{
    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone,
        new("actor", "Only what this actor did: part of the name, or the whole id."),
        new("act", "Only this act, or all acts of a kind: what stands before the full stop.", "key"),
        new("subject", "Only what was done to this: part of the name, or the whole id."),
        new("limit", $"Entries on a page, 1 to {AuditQuestion.MaxLimit}. Default: {AuditQuestion.DefaultLimit}.", "50"),
        new("cursor", "`nextCursor` of the page before."),
    ];

    public static void MapAudit(this RouteGroupBuilder api)
    {
        api.MapGet("/audit", ListAsync).RequireAuthorization(AccessPolicies.ApiReadAudit)
            .WithName("listAuditEntries").WithTags("Audit").WithSummary("Who did what, the latest first")
            .WithDescription("One page of the audit record of the key's tenant; `nextCursor` leads to the next. Needs the scope `audit.read`.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));
        api.MapGet("/audit/verify", VerifyAsync).RequireAuthorization(AccessPolicies.ApiReadAudit)
            .WithName("verifyAudit").WithTags("Audit").WithSummary("Walks along the chain of the audit record")
            .WithDescription("Names the first entry that was changed, moved, taken out or added by hand. Needs the scope `audit.read`.");
    }

    private static async Task<Results<Ok<AuditResponse>, ProblemHttpResult>> ListAsync(HttpContext http, AuditReader audit, TimeProvider clock)
    {
        var (question, problem) = Read(http.Request.Query, http.User.RequiredTenant(), clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        var answer = await audit.AskAsync(question, http.RequestAborted);
        return TypedResults.Ok(new AuditResponse([.. answer.Entries.Select(AuditEntryResponse.Of)], answer.Next?.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<Ok<AuditVerdictResponse>> VerifyAsync(HttpContext http, AuditReader audit)
    {
        var verdict = await audit.VerifyAsync(http.User.RequiredTenant(), http.RequestAborted);
        return TypedResults.Ok(new AuditVerdictResponse(
            verdict.Entries, verdict.HeadHash, verdict.Broken is { } broken ? new AuditBrokenResponse(broken.Sequence, broken.Reason) : null));
    }

    internal static (AuditQuestion? Question, ApiProblem? Problem) Read(IQueryCollection parameters, TenantId tenant, DateTimeOffset now)
    {
        var query = new ApiQuery(parameters, now);
        query.RequireKnown(Parameters);
        var range = query.Range(query.TimeZone());
        var question = new AuditQuestion(tenant)
        {
            From = range.From,
            To = range.To,
            Actor = query.Single("actor"),
            Act = query.Single("act"),
            Subject = query.Single("subject"),
            Before = Cursor(query),
            Limit = query.Number("limit", AuditQuestion.DefaultLimit, AuditQuestion.MaxLimit),
        };
        return query.Problem is null ? (question, null) : (null, query.Problem);
    }

    private static long? Cursor(ApiQuery query)
    {
        if (query.Single("cursor") is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var before)) return before;
        query.Refuse("cursor", "\"cursor\" must be the nextCursor of an answer.");
        return null;
    }
}
