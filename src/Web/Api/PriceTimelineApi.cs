using System.Globalization;
using FinOps.Analytics.PriceTimelines;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>What the endpoints of prices that follow on one another in time share: how the end of a price is asked for, and how an edit that was not done is answered.</summary>
internal static class PriceTimelineApi
{
    private static readonly ApiParameter Change = new("change", "Of the price that you looked at. If it was changed since, the answer is 409.", "3");
    private static readonly ApiParameter EndAt = new("endAt", "A quarter hour, RFC 3339: from then on it holds no more. Left out: it never held.", "2026-12-01T00:00:00Z");
    private static readonly ApiParameter Reason = new("reason", "Why; it stands in the history and in the audit record.", "contract ended");

    /// <summary>Parameters of a request that ends a price.</summary>
    public static readonly IReadOnlyList<ApiParameter> End = [Change, EndAt, Reason];

    /// <summary>The price as it was looked at, from when on it is to hold no more (null = it never held), and who wants it.</summary>
    public static (SeenResourcePrice Seen, DateTimeOffset? At, ResourcePriceEdit Edit, ApiProblem? Problem) ReadEnd(HttpContext http, Guid id, DateTimeOffset now)
    {
        var query = new ApiQuery(http.Request.Query, now);
        query.RequireKnown(End);
        var at = query.Instant(EndAt.Name);
        if (!long.TryParse(query.Single(Change.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var change)) query.Refuse(Change.Name, "Hand in \"change\" of the price that you looked at.");
        return (new SeenResourcePrice(id, change), at, EditOf(http, query.Single(Reason.Name) ?? ""), query.Problem);
    }

    public static ResourcePriceEdit EditOf(HttpContext http, string reason) => new(ApiBody.ActorOf(http), reason);

    /// <summary>Null when the edit was done.</summary>
    public static ProblemHttpResult? Refusal<TRow>(ResourcePriceResult<TRow> result)
        where TRow : class => result.Outcome switch
        {
            ResourcePriceOutcome.Done => null,
            ResourcePriceOutcome.NotFound => ApiBody.NotFound(result.Problem!),
            ResourcePriceOutcome.Overlaps or ResourcePriceOutcome.Conflict => TypedResults.Problem(title: "Conflict", detail: result.Problem, statusCode: StatusCodes.Status409Conflict),
            _ => new ApiProblem("body", result.Problem!).ToResult(),
        };
}
