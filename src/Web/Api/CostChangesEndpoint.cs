using FinOps.Analytics.Changes;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/costs/changes</c></summary>
internal static class CostChangesEndpoint
{
    private const int DefaultLimit = 1_000;
    private const int MaxLimit = 10_000;

    private static readonly ApiParameter BeforeFrom = new("beforeFrom", "Start of the period that is compared with. Default: as long before `beforeTo` as `from` is before `to`.", "2026-10-01T00:00:00Z");
    private static readonly ApiParameter BeforeTo = new("beforeTo", "End of the period that is compared with, does not belong to it. Default: `from`.", "2026-11-01T00:00:00Z");

    private static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        ApiParameter.From, ApiParameter.To, BeforeFrom, BeforeTo, ApiParameter.TimeZone,
        new("limit", $"Most rows of the answer, 1 to {MaxLimit}. Default: {DefaultLimit}; `truncated` says when there were more. Causes are always of all rows.", "1000"),
        .. ApiParameter.Filters,
    ];

    public static void MapCostChanges(this RouteGroupBuilder api) =>
        api.MapGet("/costs/changes", GetAsync).RequireAuthorization(AccessPolicies.ApiReadCosts).WithMetadata(AsksAnalytics.Instance)
            .WithName("getCostChanges").WithTags("Costs").WithSummary("Why the cost of two periods differs")
            .WithDescription("The difference taken apart into causes, for all calls and for each feature and model. The causes sum to the difference to the last digit. "
                + "With the scope `resources.read` and without filters, what GPUs cost is part of it.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));

    private static async Task<Results<Ok<CostChangesResponse>, ProblemHttpResult>> GetAsync(HttpContext http, ChangeReader changes, TimeProvider clock)
    {
        var (question, limit, problem) = Read(http.Request.Query, http.User.RequiredScope(), clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        var answer = await changes.Together().AskAsync(question with { WithGpus = http.User.HasScopes([KeyScopes.ReadResources]) }, http.RequestAborted);
        if (answer.IsTooWide)
            return new ApiProblem(ApiParameter.From.Name, $"A period has more than {ChangeReader.MaxRows} combinations of day, project, feature, model and tier: ask for a shorter one, or with a filter.").ToResult();
        return TypedResults.Ok(CostChangesResponse.Of(question, answer, limit));
    }

    internal static (ChangeQuestion? Question, int Limit, ApiProblem? Problem) Read(IQueryCollection parameters, ReadScope scope, DateTimeOffset now)
    {
        var query = new ApiQuery(parameters, now);
        query.RequireKnown(Parameters);
        var zone = query.TimeZone();
        var after = query.Range(zone);
        var to = query.Instant(BeforeTo.Name, zone) ?? after.From;
        var before = new TimeRange(query.Instant(BeforeFrom.Name, zone) ?? Earlier(to, after.Length), to);
        if (before.From >= before.To) query.Refuse(BeforeFrom.Name, "\"beforeFrom\" must be before \"beforeTo\".");
        var question = new ChangeQuestion(scope, before, after) { Filter = query.Filter() };
        var limit = query.Number("limit", DefaultLimit, MaxLimit);
        return query.Problem is null ? (question, limit, null) : (null, 0, query.Problem);
    }

    /// <summary>A range of thousands of years has no one before it.</summary>
    private static DateTimeOffset Earlier(DateTimeOffset to, TimeSpan length) => to - DateTimeOffset.MinValue > length ? to - length : DateTimeOffset.MinValue;
}
