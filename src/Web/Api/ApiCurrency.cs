using System.Globalization;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>Answers in another currency than USD. Where a day has no rate nothing is converted, and the answer says which days.</summary>
internal sealed class ApiCurrency(SpendReader spend, BillingCurrencies currencies)
{
    public const string Name = "currency";

    public static ApiParameter Parameter(string description) => new(Name, description, "EUR");

    public static void Check(ApiQuery query)
    {
        if (query.Single(Name) is { } code && !ExchangeRates.IsCode(code)) query.Refuse(Name, $"\"{code}\" is not a currency's code of three capital letters, for example EUR.");
    }

    /// <summary>The question's answer, each day at its own rate.</summary>
    public async Task<(SpendAnswer? Answer, ProblemHttpResult? Refusal)> AskAsync(SpendQuestion question, string code, CancellationToken cancellationToken)
    {
        var rates = await currencies.RatesAsync(question.Scope.Tenant, code, question.Range, cancellationToken);
        var byDay = await spend.AskAsync(ConvertedSpend.ByDay(question, CostsEndpoint.MaxLimit), cancellationToken);
        if (byDay.Truncated)
            return (null, new ApiProblem(Name, string.Create(CultureInfo.InvariantCulture, $"This is converted day by day, and has more than {CostsEndpoint.MaxLimit} days × groups: take a shorter range or fewer groups.")).ToResult());
        return ConvertedSpend.DaysWithoutRate(byDay, rates) is { Count: > 0 } missing ? (null, Refuse(code, missing)) : (ConvertedSpend.Convert(question, byDay, rates), null);
    }

    /// <summary>Amounts of days of UTC as one sum, each at the rate of its day.</summary>
    public async Task<(decimal? Sum, ProblemHttpResult? Refusal)> SumAsync(TenantId tenant, string code, TimeRange range, IReadOnlyList<(DateOnly Day, decimal Amount)> days, CancellationToken cancellationToken)
    {
        var rates = await currencies.RatesAsync(tenant, code, range, cancellationToken);
        return days.Where(day => rates.Find(day.Day) is null).Select(day => day.Day).ToList() is { Count: > 0 } missing
            ? (null, Refuse(code, missing))
            : (days.Sum(day => day.Amount * rates.Find(day.Day)!.Value.Value), null);
    }

    /// <summary>The rates for a file of days of UTC, in the billing currency where none is asked for.</summary>
    public async Task<(ExchangeRates? Rates, ProblemHttpResult? Refusal)> ForExportAsync(ReadScope scope, TimeRange range, string? asked, CancellationToken cancellationToken)
    {
        var code = asked ?? (await currencies.FindAsync(scope.Tenant, cancellationToken)).Currency;
        var rates = await currencies.RatesAsync(scope.Tenant, code, range, cancellationToken);
        if (code == ExchangeRates.Usd) return (rates, null);
        var byDay = await spend.AskAsync(new SpendQuestion(scope, range) { Granularity = Granularity.Day }, cancellationToken);
        return ConvertedSpend.DaysWithoutRate(byDay, rates) is { Count: > 0 } missing ? (null, Refuse(code, missing)) : (rates, null);
    }

    public static ProblemHttpResult Refuse(string code, IReadOnlyList<DateOnly> days) => TypedResults.Problem(
        title: "No rate", statusCode: StatusCodes.Status409Conflict,
        detail: string.Create(CultureInfo.InvariantCulture,
            $"There is no rate of {code} for {days[0]:yyyy-MM-dd}{(days.Count == 1 ? "" : $" and {days.Count - 1} more days up to {days[^1]:yyyy-MM-dd}")}. Import rates (/prices/currency, or PUT /api/v1/currency-rates), or ask with currency=USD."));
}
