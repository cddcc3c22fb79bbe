using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Prometheus;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/metrics</c>: what was spent, how budgets stand and which alerts are open, for Prometheus to scrape.</summary>
internal static class MetricsEndpoint
{
    /// <summary>Members of a dimension with a series of their own, the dearest of the range; the rest is one sum. Default 50.</summary>
    private const int MaxMembers = 50;

    /// <summary>Budgets with series of their own, those that have used most. Default 1,000.</summary>
    private const int MaxBudgets = 1_000;

    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly Dimension[] Dimensions = [Dimension.Feature, Dimension.Model, Dimension.Team];

    private static readonly IReadOnlyList<ApiParameter> Parameters = [ApiParameter.TimeZone];

    public static void MapMetrics(this RouteGroupBuilder api) =>
        api.MapGet("/metrics", GetAsync).RequireAuthorization(AccessPolicies.ApiReadMetrics).WithMetadata(AsksAnalytics.Instance)
            .WithName("getMetrics").WithTags("Metrics").WithSummary("Spend, budgets and alerts as Prometheus scrapes them")
            .WithDescription("Prometheus' text format: today and this month so far, from midnight and the first of the month of `timeZone` on. Needs the scope `metrics.read`, with which a key can do nothing else.")
            .Produces<string>(StatusCodes.Status200OK, "text/plain").ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));

    private static async Task<Results<EmptyHttpResult, ProblemHttpResult>> GetAsync(HttpContext http, SpendReader spend, BudgetBook budgets, AlertBook alerts, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var query = new ApiQuery(http.Request.Query, now);
        query.RequireKnown(Parameters);
        var zone = query.TimeZone();
        if (query.Problem is { } problem) return problem.ToResult();

        var scope = http.User.RequiredScope();
        var spent = SpentAsync(spend.Together(), scope, now, zone, http.RequestAborted);
        var standings = budgets.ListAsync(scope, http.RequestAborted);
        var counts = alerts.CountAsync(scope, http.RequestAborted);
        await Task.WhenAll(spent, standings, counts);

        // Of this answer alone: nothing of another organisation can be in it.
        var registry = Metrics.NewCustomRegistry();
        var gauges = Metrics.WithCustomRegistry(registry);
        AddSpend(gauges, await spent);
        AddBudgets(gauges, await standings);
        AddAlerts(gauges, await counts);
        http.Response.ContentType = ContentType;
        await registry.CollectAndExportAsTextAsync(http.Response.Body, http.RequestAborted);
        return TypedResults.Empty;
    }

    private sealed record Spent(string Range, Dimension Dimension, TopAnswer Answer);

    private static async Task<IReadOnlyList<Spent>> SpentAsync(SpendReader spend, ReadScope scope, DateTimeOffset now, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        var instant = new TimeRange(now, now.AddTicks(1));
        return await Task.WhenAll(
            from range in ((string Name, Granularity Since)[])[("today", Granularity.Day), ("month", Granularity.Month)]
            let start = Periods.Of(instant, range.Since, zone)[0]
            from dimension in Dimensions
            select AskAsync(range.Name, new TopQuestion(scope, new TimeRange(start, now), dimension) { Limit = MaxMembers }));

        async Task<Spent> AskAsync(string range, TopQuestion question) => new(range, question.Dimension, await spend.AskAsync(question, cancellationToken));
    }

    private static void AddSpend(MetricFactory gauges, IReadOnlyList<Spent> spent)
    {
        var cost = gauges.CreateGauge("finops_cost_usd", "What calls cost, in US dollars.", "range");
        var calls = gauges.CreateGauge("finops_calls", "Calls that were answered.", "range");
        var failed = gauges.CreateGauge("finops_failed_calls", "Calls that failed.", "range");
        var unpriced = gauges.CreateGauge("finops_unpriced_calls", "Calls whose cost is unknown, and so in no cost.", "range");
        var tokens = gauges.CreateGauge("finops_tokens", "Tokens of calls: input with what was read from and written to a cache, output with reasoning.", "range", "direction");
        foreach (var (range, _, answer) in spent.Where(one => one.Dimension == Dimensions[0]))
        {
            var total = answer.Total;
            cost.WithLabels(range).Set((double)total.Cost);
            calls.WithLabels(range).Set(total.Calls);
            failed.WithLabels(range).Set(total.FailedCalls);
            unpriced.WithLabels(range).Set(total.UnpricedCalls);
            tokens.WithLabels(range, "input").Set(total.InputTokens);
            tokens.WithLabels(range, "output").Set(total.OutputTokens);
        }

        foreach (var dimension in Dimensions)
        {
            var name = dimension.Name();
            var members = gauges.CreateGauge($"finops_{name}_cost_usd", $"What calls of a {name} cost, in US dollars; an empty {name}: calls that do not tell it.", "range", name);
            var other = gauges.CreateGauge($"finops_other_{name}s_cost_usd", $"What calls of all {name}s without a series of their own cost, in US dollars.", "range");
            foreach (var (range, _, answer) in spent.Where(one => one.Dimension == dimension))
            {
                foreach (var member in answer.Members) members.WithLabels(range, member.Value).Set((double)member.Figures.Cost);
                other.WithLabels(range).Set((double)answer.Other.Cost);
            }
        }
    }

    private static void AddBudgets(MetricFactory gauges, IReadOnlyList<BudgetStanding> standings)
    {
        string[] labels = ["budget", "currency"];
        var count = gauges.CreateGauge("finops_budgets", "Budgets of the organisation; those that have used most have series of their own.");
        var allowance = gauges.CreateGauge("finops_budget_allowance", "What may be spent in the present period, in the budget's currency.", labels);
        var spent = gauges.CreateGauge("finops_budget_spent", "What was spent of it.", labels);
        var projected = gauges.CreateGauge("finops_budget_projected", "What the period ends with; absent while nothing can be told.", labels);
        var end = gauges.CreateGauge("finops_budget_period_end_timestamp_seconds", "When the period is over.", labels);
        count.Set(standings.Count);
        foreach (var standing in standings.Take(MaxBudgets))
        {
            if (standing.Evaluation is not { } evaluation) continue;
            string[] values = [standing.Budget.Name, standing.Budget.Currency];
            allowance.WithLabels(values).Set((double)evaluation.Allowance);
            spent.WithLabels(values).Set((double)evaluation.Spent);
            if (evaluation.Projected is { } told) projected.WithLabels(values).Set((double)told);
            end.WithLabels(values).Set(evaluation.Period.End.ToUnixTimeSeconds());
        }
    }

    private static void AddAlerts(MetricFactory gauges, AlertCounts counts)
    {
        var alerts = gauges.CreateGauge("finops_alerts", "Alerts by what people did about them.", "state");
        alerts.WithLabels("open").Set(counts.Open);
        alerts.WithLabels("acknowledged").Set(counts.Acknowledged);
    }
}
