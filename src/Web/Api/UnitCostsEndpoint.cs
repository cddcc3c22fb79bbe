using System.Collections.Frozen;
using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Units;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/unit-costs</c></summary>
internal static class UnitCostsEndpoint
{
    private const int MaxLimit = 10_000;

    private static readonly ApiParameter Unit = new("unit", "What the cost is divided by. Default: call.", "user", Allowed: ["call", "user", "session", "customer", "outcome"]);

    private static readonly ApiParameter Granularity = new("granularity", "Length of a period. Default: total, the whole range in one. Weeks begin on Monday.", "day", Allowed: ["total", "day", "week", "month"]);

    private static readonly ApiParameter GroupBy = new(
        "groupBy", "One dimension to divide by; outcomes have no model.", "feature", Allowed: [.. UnitCostQuestion.Groupable.Select(dimension => dimension.Name())]);

    private static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        ApiParameter.From, ApiParameter.To, Unit, new("outcome", "For the unit outcome: the name of a definition that goes on.", "ticket resolved"), Granularity, GroupBy, ApiParameter.TimeZone,
        new("limit", $"Most rows of the answer, 1 to {MaxLimit}. Default: {UnitCostQuestion.DefaultLimit}; `truncated` says when there were more.", "1000"),
        .. ApiParameter.Filters,
    ];

    private static readonly FrozenDictionary<string, Granularity> Granularities = new Dictionary<string, Granularity>
    {
        ["total"] = Analytics.Spend.Granularity.Total,
        ["day"] = Analytics.Spend.Granularity.Day,
        ["week"] = Analytics.Spend.Granularity.Week,
        ["month"] = Analytics.Spend.Granularity.Month,
    }.ToFrozenDictionary();

    public static void MapUnitCosts(this RouteGroupBuilder api) =>
        api.MapGet("/unit-costs", GetAsync).RequireAuthorization(AccessPolicies.ApiReadCosts).WithMetadata(AsksAnalytics.Instance)
            .WithName("getUnitCosts").WithTags("Costs").WithSummary("What a call, user, session, customer or successful outcome costs")
            .WithDescription("Money and units are of the same calls: what does not tell the unit is left out of both, and told apart. With the whole range in one and no groups, the answer has the spread of single units, too.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));

    private static async Task<Results<Ok<UnitCostsResponse>, ProblemHttpResult>> GetAsync(HttpContext http, UnitCostReader reader, OutcomeDefinitions definitions, TimeProvider clock)
    {
        var (question, outcome, problem) = Read(http.Request.Query, http.User.RequiredScope(), clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        if (outcome is not null)
        {
            var known = (await definitions.ListAsync(question.Scope.Tenant, http.RequestAborted)).Where(row => row.EndedAt is null).ToList();
            if (known.Find(row => row.Name == outcome) is not { } definition)
                return new ApiProblem("outcome", $"No outcome is defined as \"{outcome}\".", [.. known.Select(row => row.Name)]).ToResult();
            question = question with { Outcome = new CountedOutcome(definition.Name, definition.Features) };
        }

        if (question.FindProblem() is { } wrong) return new ApiProblem("unit", wrong).ToResult();
        var together = reader.Together();
        var answer = await together.AskAsync(question, http.RequestAborted);
        var spread = question is { Granularity: Analytics.Spend.Granularity.Total, GroupBy: null } && question.Unit != CostUnit.Call
            ? await together.AskAsync(new UnitSpreadQuestion(question.Scope, question.Range, question.Unit) { Filter = question.Filter, Outcome = question.Outcome }, http.RequestAborted)
            : null;
        return TypedResults.Ok(new UnitCostsResponse([.. answer.Rows.Select(row => UnitCostResponse.Of(row, question))], UnitSpreadResponse.Of(spread), answer.Truncated, answer.IsSampled));
    }

    internal static (UnitCostQuestion? Question, string? Outcome, ApiProblem? Problem) Read(IQueryCollection parameters, ReadScope scope, DateTimeOffset now)
    {
        var query = new ApiQuery(parameters, now);
        query.RequireKnown(Parameters);
        var zone = query.TimeZone();
        var unit = Enum.Parse<CostUnit>(Known(Unit, query.Word(Unit)), ignoreCase: true);
        var outcome = query.Single("outcome");
        if (unit == CostUnit.Outcome && string.IsNullOrEmpty(outcome)) query.Refuse("outcome", "Say which outcome: the name of a definition.");
        if (unit != CostUnit.Outcome && outcome is not null) query.Refuse("outcome", "\"outcome\" goes with unit=outcome alone.");
        var question = new UnitCostQuestion(scope, query.Range(zone), unit)
        {
            Granularity = Granularities.GetValueOrDefault(query.Word(Granularity)),
            TimeZone = zone,
            GroupBy = Group(query),
            Filter = query.Filter(),
            Limit = query.Number("limit", UnitCostQuestion.DefaultLimit, MaxLimit),
        };
        if (query.Problem is null && !Periods.Fit(question.Range, question.Granularity))
            query.Refuse(Granularity.Name, $"The range has more than {Periods.MaxPeriods} periods: take a shorter range or longer periods.");
        return query.Problem is null ? (question, outcome, null) : (null, null, query.Problem);
    }

    /// <summary>A word that was refused stands for the first, which nobody then reads.</summary>
    private static string Known(ApiParameter parameter, string word) => parameter.Allowed!.Contains(word, StringComparer.Ordinal) ? word : parameter.Allowed![0];

    private static Dimension? Group(ApiQuery query)
    {
        if (query.Single(GroupBy.Name) is not { Length: > 0 } name) return null;
        if (Dimensions.TryParse(name, out var dimension) && UnitCostQuestion.Groupable.Contains(dimension)) return dimension;
        query.Refuse(GroupBy.Name, $"Unit costs cannot be divided by \"{name}\", only by one of: {string.Join(", ", GroupBy.Allowed!)}.", GroupBy.Allowed);
        return null;
    }
}
