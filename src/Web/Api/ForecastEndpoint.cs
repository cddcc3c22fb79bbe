using System.ComponentModel;
using FinOps.Analytics.Forecasts;
using FinOps.Domain.Forecasting;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/forecast</c>: what this month will cost.</summary>
internal static class ForecastEndpoint
{
    private static readonly IReadOnlyList<ApiParameter> Parameters = [ApiParameter.TimeZone, .. ApiParameter.Filters];

    public static void MapForecast(this RouteGroupBuilder api) =>
        api.MapGet("/forecast", GetAsync).RequireAuthorization(AccessPolicies.ApiReadCosts).WithMetadata(AsksAnalytics.Instance)
            .WithName("getForecast").WithTags("Costs").WithSummary("What this month will cost, with an interval of 80 % and how right such forecasts were")
            .WithDescription("From the days of the last half year of the calls that the filters leave. The back-test tells what the same forecast, made on earlier days of this very history, would have been worth.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));

    private static async Task<Results<Ok<ForecastResponse>, ProblemHttpResult>> GetAsync(HttpContext http, ForecastReader forecasts, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(Parameters);
        var question = new ForecastQuestion(http.User.RequiredScope(), clock.GetUtcNow()) { TimeZone = query.TimeZone(), Filter = query.Filter() };
        if (query.Problem is { } problem) return problem.ToResult();
        return TypedResults.Ok(ForecastResponse.Of(await forecasts.AskAsync(question, http.RequestAborted)));
    }
}

/// <summary>What this month will cost, USD.</summary>
public sealed record ForecastResponse
{
    [Description("The first day of the month, in the time zone.")]
    public required DateOnly PeriodStart { get; init; }

    [Description("Its last day.")]
    public required DateOnly PeriodEnd { get; init; }

    [Description("model: from habits; straightLine: fewer than seven whole days are known, so what was spent divided by the share of the month that is over; none: too little is known.")]
    public required string Method { get; init; }

    [Description("Until now.")]
    public required decimal Spent { get; init; }

    [Description("What the month will cost in all; null where nothing can be told.")]
    public required decimal? Forecast { get; init; }

    [Description("Where the 80 % interval begins; null without a model.")]
    public required decimal? Low { get; init; }

    [Description("Where it ends.")]
    public required decimal? High { get; init; }

    [Description("What today and each day after it will cost.")]
    public required IReadOnlyList<ForecastDay> Days { get; init; }

    [Description("Whole days that the forecast knows, from the first one with spend on.")]
    public required int HistoryDays { get; init; }

    [Description("How right such forecasts were in this history; null where it is too short to tell.")]
    public required ForecastBackTest? BackTest { get; init; }

    internal static ForecastResponse Of(MonthForecast forecast) => new()
    {
        PeriodStart = forecast.Begin,
        PeriodEnd = forecast.End,
        Method = CallsEndpoint.Word(forecast.Method),
        Spent = forecast.Spent,
        Forecast = forecast.Point,
        Low = forecast.Low,
        High = forecast.High,
        Days = [.. forecast.Days.Select((cost, i) => new ForecastDay(forecast.End.AddDays(i + 1 - forecast.Days.Count), cost))],
        HistoryDays = forecast.HistoryDays,
        BackTest = forecast.BackTest is { } test ? new ForecastBackTest(test.Origins, test.Forecasts, test.Coverage, test.Mase) : null,
    };
}

/// <summary>A day to come.</summary>
public sealed record ForecastDay(DateOnly Date, decimal Cost);

/// <summary>How right forecasts from earlier days were.</summary>
/// <param name="Origins">Days from which it was forecast.</param>
/// <param name="Forecasts">Sums that were told in advance and are known now.</param>
/// <param name="Coverage">The share of them inside their 80 % interval, 0 to 1.</param>
/// <param name="Mase">Error of single days, divided by that of saying "as on this weekday last week"; below 1 is better than that; null where that was never wrong.</param>
public sealed record ForecastBackTest(int Origins, int Forecasts, double Coverage, double? Mase);
