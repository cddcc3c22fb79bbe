using System.ComponentModel;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Currencies;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/currency</c>, the organisation's billing currency, and <c>/api/v1/currency-rates</c>, what 1 USD is on each day.</summary>
internal static class CurrencyEndpoint
{
    private static readonly IReadOnlyList<ApiParameter> RateParameters = [new("currency", "Whose rates. Default: the billing currency.", "EUR")];

    public static void MapCurrency(this RouteGroupBuilder api)
    {
        api.MapGet("/currency", GetAsync).RequireAuthorization(AccessPolicies.ApiManageCurrency)
            .WithName("getCurrency").WithTags("Currency").WithSummary("The organisation's billing currency")
            .WithDescription("Prices and costs are USD; this is what else they are shown in. Needs the scope `currency.manage`.");
        api.MapPut("/currency", PutAsync).RequireAuthorization(AccessPolicies.ApiManageCurrency)
            .WithName("putCurrency").WithTags("Currency").WithSummary("Sets the organisation's billing currency")
            .WithDescription("Idempotent. Rates stay. Needs the scope `currency.manage`.")
            .Accepts<CurrencyRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/currency-rates", ListRatesAsync).RequireAuthorization(AccessPolicies.ApiManageCurrency)
            .WithName("listCurrencyRates").WithTags("Currency").WithSummary("Exchange rates with their history, from the latest day")
            .WithDescription($"At most {BillingCurrencies.MaxListed}. Needs the scope `currency.manage`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(RateParameters));
        api.MapPut("/currency-rates", PutRatesAsync).RequireAuthorization(AccessPolicies.ApiManageCurrency)
            .WithName("putCurrencyRates").WithTags("Currency").WithSummary("Takes in exchange rates, all or none")
            .WithDescription($"Idempotent. A day that has another rate gets the new one and keeps the old one in its history. A day without a rate goes by the last one before it, at most {ExchangeRates.MaxDaysCarried} days old. Needs the scope `currency.manage`.")
            .Accepts<CurrencyRatesRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Ok<CurrencyResponse>> GetAsync(HttpContext http, BillingCurrencies currencies) =>
        TypedResults.Ok(Answer(await currencies.FindAsync(http.User.RequiredTenant(), http.RequestAborted)));

    private static async Task<Results<Ok<CurrencyResponse>, ProblemHttpResult>> PutAsync(HttpContext http, BillingCurrencies currencies)
    {
        if (await ApiBody.ReadAsync<CurrencyRequest>(http) is not { Currency: { } currency }) return new ApiProblem("body", "The body must be a JSON object with currency, for example {\"currency\": \"EUR\"}.").ToResult();
        try
        {
            return TypedResults.Ok(Answer(await currencies.SetAsync(http.User.RequiredTenant(), currency, ApiBody.ActorOf(http), http.RequestAborted)));
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("currency", refusal.Message).ToResult();
        }
    }

    private static async Task<Results<Ok<CurrencyRatesResponse>, ProblemHttpResult>> ListRatesAsync(HttpContext http, BillingCurrencies currencies, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(RateParameters);
        ApiCurrency.Check(query);
        if (query.Problem is { } problem) return problem.ToResult();
        var tenant = http.User.RequiredTenant();
        var currency = query.Single(ApiCurrency.Name) ?? (await currencies.FindAsync(tenant, http.RequestAborted)).Currency;
        var rates = await currencies.ListAsync(tenant, currency, http.RequestAborted);
        return TypedResults.Ok(new CurrencyRatesResponse(currency, [.. rates.Select(rate => new CurrencyRateResponse(rate.Day, Plain(rate.Rate), rate.Source, rate.Author, rate.RecordedAt, rate.SupersededAt))]));
    }

    private static async Task<Results<Ok<RatesImportedResponse>, ProblemHttpResult>> PutRatesAsync(HttpContext http, BillingCurrencies currencies)
    {
        if (await ApiBody.ReadAsync<CurrencyRatesRequest>(http) is not { Currency: { } currency, Source: { } source, Rates: { } rates })
            return new ApiProblem("body", "The body must be a JSON object with currency, source and rates, for example {\"currency\": \"EUR\", \"source\": \"our bank\", \"rates\": [{\"date\": \"2026-11-03\", \"rate\": 0.9214}]}.").ToResult();
        try
        {
            var import = await currencies.ImportAsync(
                http.User.RequiredTenant(), currency, [.. rates.Select(rate => new DailyRate(rate.Date, rate.Rate))], source, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Ok(new RatesImportedResponse(import.Added, import.Changed, import.Unchanged));
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("body", refusal.Message).ToResult();
        }
    }

    private static CurrencyResponse Answer(CurrencyState state) => new(state.Currency, state.ChangedAt, state.ChangedBy);

    /// <summary>Without zeros at the end.</summary>
    private static decimal Plain(decimal value) => value / 1.0000000000000000000000000000m;
}

/// <summary>The billing currency; `changedAt` and `changedBy` are null where nothing was set.</summary>
public sealed record CurrencyResponse([property: Description("ISO 4217.")] string Currency, DateTimeOffset? ChangedAt, string? ChangedBy);

/// <summary>The billing currency to set.</summary>
public sealed record CurrencyRequest([property: Description("ISO 4217, for example EUR. USD: as prices are.")] string? Currency);

/// <summary>Rates of one currency.</summary>
public sealed record CurrencyRatesResponse(string Currency, IReadOnlyList<CurrencyRateResponse> Rates);

/// <summary>One rate. `supersededAt` is null for the one in force.</summary>
public sealed record CurrencyRateResponse(DateOnly Date, [property: Description("Units of the currency for 1 USD.")] decimal Rate, string Source, string Author, DateTimeOffset RecordedAt, DateTimeOffset? SupersededAt);

/// <summary>Rates to take in.</summary>
public sealed record CurrencyRatesRequest(string? Currency, [property: Description("Where they are from, in your words.")] string? Source, IReadOnlyList<CurrencyRateEntry>? Rates);

/// <summary>What 1 USD is on a day.</summary>
public sealed record CurrencyRateEntry(DateOnly Date, decimal Rate);

/// <summary>What became of the rates.</summary>
public sealed record RatesImportedResponse(int Added, int Changed, int Unchanged);
