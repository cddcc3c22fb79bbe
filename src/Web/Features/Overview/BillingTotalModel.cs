using System.Globalization;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Features.Overview;

/// <summary>A total in the billing currency, each day at its own rate. Knows nothing of rendering.</summary>
internal static class BillingTotalModel
{
    /// <param name="Currency">USD: there is no other to show.</param>
    /// <param name="Amount">Null where a day has no rate.</param>
    /// <param name="Note">Which rates, or which day has none.</param>
    public sealed record Shown(string Currency, decimal? Amount, string Note);

    public static async Task<Shown> AskAsync(SpendReader spend, BillingCurrencies currencies, SpendQuestion question, CancellationToken cancellationToken)
    {
        var code = (await currencies.FindAsync(question.Scope.Tenant, cancellationToken)).Currency;
        if (code == ExchangeRates.Usd) return new Shown(code, null, "");
        var rates = await currencies.RatesAsync(question.Scope.Tenant, code, question.Range, cancellationToken);
        return Of(question, await spend.AskAsync(ConvertedSpend.ByDay(question, SpendQuestion.DefaultLimit), cancellationToken), rates);
    }

    internal static Shown Of(SpendQuestion question, SpendAnswer byDay, ExchangeRates rates)
    {
        if (ConvertedSpend.DaysWithoutRate(byDay, rates) is { Count: > 0 } missing)
            return new Shown(rates.Currency, null, string.Create(CultureInfo.InvariantCulture, $"no {rates.Currency} rate for {missing[0]:yyyy-MM-dd}{(missing.Count == 1 ? "" : $" and {missing.Count - 1} more days")}"));
        var amount = ConvertedSpend.Convert(question, byDay, rates).Sum().Cost;
        var latest = rates.Find(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(question.Range.To.AddTicks(-1), question.TimeZone).DateTime));
        return new Shown(rates.Currency, amount, latest is { } rate
            ? string.Create(CultureInfo.InvariantCulture, $"each day at its own rate; the latest is {rate.Value / 1.0000000000000000000000000000m} {rates.Currency} for 1 USD, of {rate.Day:yyyy-MM-dd}")
            : "each day at its own rate");
    }
}
