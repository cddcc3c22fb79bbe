using System.Collections.Frozen;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Spend;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>GET /api/v1/costs</c></summary>
internal static class CostsEndpoint
{
    public const int DefaultLimit = 10_000;
    public const int MaxLimit = 100_000;
    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        ApiParameter.From, ApiParameter.To, ApiParameter.Granularity, ApiParameter.GroupBy, ApiParameter.TimeZone,
        new("limit", $"Most rows of the answer, 1 to {MaxLimit}. Default: {DefaultLimit}; `truncated` says when there were more.", "10000"),
        ApiCurrency.Parameter("Currency of `cost`: USD, or one with exchange rates, each day at its own. Default: USD."),
        .. ApiParameter.Filters,
    ];

    private static readonly FrozenDictionary<string, Granularity> Granularities = new Dictionary<string, Granularity>
    {
        ["total"] = Granularity.Total,
        ["hour"] = Granularity.Hour,
        ["day"] = Granularity.Day,
        ["month"] = Granularity.Month,
    }.ToFrozenDictionary();

    public static async Task<Results<Ok<CostsResponse>, ProblemHttpResult>> GetAsync(
        HttpContext http, SpendReader spend, ApiCurrency currency, Adjustments adjustments, CloseMonths months, TimeProvider clock)
    {
        var (question, problem) = Read(http.Request.Query, http.User.RequiredScope(), clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        var code = http.Request.Query[ApiCurrency.Name].FirstOrDefault() ?? ExchangeRates.Usd;
        var asked = AskAsync();
        // They are about whole bills and months: of a part of the calls nobody could say which of them belong to it. PostgreSQL answers while ClickHouse does.
        var whole = question.Scope.IsWhole && question.Filter.Conditions.Count == 0;
        var accepted = whole ? AcceptedAsync() : Task.FromResult<(AdjustmentSumResponse?, ProblemHttpResult?)>((null, null));
        var closed = whole ? months.StandingAsync(question.Scope.Tenant, question.Range, http.RequestAborted) : Task.FromResult<IReadOnlyList<ClosedMonth>>([]);
        await Task.WhenAll(asked, accepted, closed);
        var ((rows, refusal), (sum, withoutRate), standing) = (await asked, await accepted, await closed);
        if (rows is null) return refusal!;
        if (withoutRate is not null) return withoutRate;
        return TypedResults.Ok(Answer(question, rows, code) with
        {
            Adjustments = sum,
            ClosedMonths = standing.Count == 0 ? null : [.. standing.Select(month => ClosedMonthResponse.Of(month, question.Range))],
        });

        async Task<(AdjustmentSumResponse? Sum, ProblemHttpResult? Refusal)> AcceptedAsync()
        {
            var sum = await adjustments.SumAsync(question.Scope.Tenant, question.Range, http.RequestAborted);
            if (sum.Lines == 0) return (null, null);
            if (code == ExchangeRates.Usd) return (new AdjustmentSumResponse(sum.Amount, sum.Days, sum.Bills, code), null);
            var days = await adjustments.ByDayAsync(question.Scope.Tenant, question.Range, http.RequestAborted);
            var (amount, refusal) = await currency.SumAsync(question.Scope.Tenant, code, question.Range, days, http.RequestAborted);
            return (amount is { } told ? new AdjustmentSumResponse(told, sum.Days, sum.Bills, code) : null, refusal);
        }

        async Task<(SpendAnswer? Rows, ProblemHttpResult? Refusal)> AskAsync() => code == ExchangeRates.Usd
            ? (await spend.AskAsync(question, http.RequestAborted), null)
            : await currency.AskAsync(question, code, http.RequestAborted);
    }

    internal static (SpendQuestion? Question, ApiProblem? Problem) Read(IQueryCollection parameters, ReadScope scope, DateTimeOffset now)
    {
        var query = new ApiQuery(parameters, now);
        query.RequireKnown(Parameters);
        var zone = query.TimeZone();
        var question = new SpendQuestion(scope, query.Range(zone))
        {
            Granularity = Granularities.GetValueOrDefault(query.Word(ApiParameter.Granularity)),
            TimeZone = zone,
            GroupBy = query.GroupBy(),
            Filter = query.Filter(),
            Limit = query.Number("limit", DefaultLimit, MaxLimit),
        };
        ApiCurrency.Check(query);
        if (query.Problem is null && !Periods.Fit(question.Range, question.Granularity))
            query.Refuse(ApiParameter.Granularity.Name, $"The range has more than {Periods.MaxPeriods} periods: take a shorter range or longer periods.");
        return query.Problem is null ? (question, null) : (null, query.Problem);
    }

    internal static CostsResponse Answer(SpendQuestion question, SpendAnswer answer, string currency)
    {
        var names = question.GroupBy.Select(dimension => dimension.Name()).ToList();
        return new CostsResponse([.. answer.Rows.Select(row => Row(row, names, currency))], answer.Truncated);
    }

    private static CostRow Row(SpendRow row, List<string> names, string currency)
    {
        var group = new Dictionary<string, string>(names.Count);
        for (var i = 0; i < names.Count; i++) group[names[i]] = row.Group[i];
        var figures = row.Figures;
        return new CostRow
        {
            Period = row.Period,
            Group = group,
            Cost = figures.Cost,
            Currency = currency,
            Calls = figures.Calls,
            UnpricedCalls = figures.UnpricedCalls,
            FailedCalls = figures.FailedCalls,
            InputTokens = figures.InputTokens,
            CacheReadTokens = figures.CacheReadTokens,
            CacheWriteTokens = figures.CacheWriteTokens,
            OutputTokens = figures.OutputTokens,
            ReasoningTokens = figures.ReasoningTokens,
            Estimated = EstimatedCost.Of(figures.Estimated),
        };
    }
}
