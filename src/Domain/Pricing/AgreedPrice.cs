using System.Globalization;

namespace FinOps.Domain.Pricing;

/// <summary>A price as it was agreed in another currency than USD, with the rate that turns it into USD. The row keeps both, so the book's version fixes the rate: a cost never moves with it.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">In that currency, for the row's unit size.</param>
/// <param name="Rate">What 1 USD is in that currency; 0 = to be looked up among the organisation's rates.</param>
/// <param name="RateDay">The day that the rate is of.</param>
public sealed record AgreedPrice(string Currency, decimal Amount, decimal Rate, DateOnly RateDay)
{
    /// <summary>USD, rounded half to even to the decimals that a price may have.</summary>
    public decimal Usd => decimal.Round(Amount / Rate, OwnPriceRules.MaxDecimals, MidpointRounding.ToEven);

    /// <summary>"1.25 EUR at 0.9214 of 2026-11-03".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Amount:0.############} {Currency} at {Rate:0.############} of {RateDay:yyyy-MM-dd}");
}
