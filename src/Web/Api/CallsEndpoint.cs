using System.Globalization;
using System.Text.Json;
using FinOps.Analytics.Calls;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/calls</c> and <c>GET /api/v1/calls/{id}</c></summary>
internal static class CallsEndpoint
{
    private static readonly ApiParameter Status = new("status", "Only answered or only failed calls. Default: all.", "answered", Allowed: ["all", "answered", "failed"]);
    private static readonly ApiParameter Unpriced = new("unpriced", "Only calls whose cost is unknown (true) or known (false). Default: all.", "true", Allowed: ["all", "true", "false"]);

    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone, Status, Unpriced,
        new("minCost", "Only calls that cost at least this, USD.", "0.01"),
        new("policy", "Only calls that the policy of this id touched at the edge, in any version and arm, dry runs included."),
        new("search", "Only calls with exactly this trace id, call id, response id or session."),
        new("limit", $"Calls on a page, 1 to {CallsQuestion.MaxLimit}. Default: {CallsQuestion.DefaultLimit}.", "50"),
        new("cursor", "`nextCursor` of the page before."),
        .. ApiParameter.Filters,
    ];

    public static async Task<Results<Ok<CallsResponse>, ProblemHttpResult>> ListAsync(HttpContext http, CallsReader calls, TimeProvider clock)
    {
        var (question, problem) = Read(http.Request.Query, http.User.RequiredScope(), clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        var answer = await calls.AskAsync(question, http.RequestAborted);
        return TypedResults.Ok(new CallsResponse([.. answer.Calls.Select(call => call.ToSummary())], answer.Next?.ToString()));
    }

    public static async Task<Results<Ok<CallResponse>, ProblemHttpResult>> GetAsync(string id, HttpContext http, CallsReader calls)
    {
        // Another tenant's call and one that never was look the same.
        var detail = CallId.TryParse(id, out var call)
            ? await calls.AskAsync(new CallQuestion(http.User.RequiredScope(), call), http.RequestAborted)
            : null;
        return detail is null
            ? TypedResults.Problem(title: "Not found", detail: $"There is no call \"{id}\".", statusCode: StatusCodes.Status404NotFound)
            : TypedResults.Ok(detail.ToResponse());
    }

    internal static (CallsQuestion? Question, ApiProblem? Problem) Read(IQueryCollection parameters, ReadScope scope, DateTimeOffset now)
    {
        var query = new ApiQuery(parameters, now);
        query.RequireKnown(Parameters);
        var question = new CallsQuestion(scope, query.Range(query.TimeZone()))
        {
            Filter = query.Filter(),
            Status = query.Word(Status) switch { "answered" => CallStatus.Answered, "failed" => CallStatus.Failed, _ => null },
            Unpriced = query.Word(Unpriced) switch { "true" => true, "false" => false, _ => null },
            MinCost = MinCost(query),
            Policy = query.Single("policy"),
            Search = query.Single("search"),
            Limit = query.Number("limit", CallsQuestion.DefaultLimit, CallsQuestion.MaxLimit),
            After = Cursor(query),
        };
        return query.Problem is null ? (question, null) : (null, query.Problem);
    }

    private static decimal? MinCost(ApiQuery query)
    {
        if (query.Single("minCost") is not { } text) return null;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cost) && cost < 1_000_000_000m) return decimal.Round(cost, 12);
        query.Refuse("minCost", "\"minCost\" must be an amount in USD, for example 0.01.");
        return null;
    }

    internal static CallCursor? Cursor(ApiQuery query)
    {
        if (query.Single("cursor") is not { } text) return null;
        if (CallCursor.TryParse(text, out var cursor)) return cursor;
        query.Refuse("cursor", "\"cursor\" must be the nextCursor of an answer.");
        return null;
    }

    /// <summary>Names of enums are written like names of properties.</summary>
    internal static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
