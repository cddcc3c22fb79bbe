using System.Globalization;
using FinOps.Analytics.Currencies;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Features.Prices;

/// <summary>What the page of currencies says. Knows nothing of rendering.</summary>
internal static class CurrencyPageModel
{
    public sealed record Known(CurrencyState Setting, IReadOnlyList<RateEntry> Rates);

    public static string Plain(decimal rate) => (rate / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    /// <summary>Days between the first listed rate and today for which there is none; null where that says nothing.</summary>
    public static string? Gaps(Known known, DateOnly today)
    {
        if (known.Setting.Currency == ExchangeRates.Usd || known.Rates.Count == 0) return null;
        var rates = new ExchangeRates(known.Setting.Currency, known.Rates.Where(rate => rate.SupersededAt is null).Select(rate => new DailyRate(rate.Day, rate.Rate)));
        var first = known.Rates.Min(rate => rate.Day);
        var gaps = Enumerable.Range(0, Math.Max(0, today.DayNumber - first.DayNumber + 1)).Select(first.AddDays).Where(day => rates.Find(day) is null).ToList();
        return gaps.Count == 0
            ? $"no gap since {first:yyyy-MM-dd}"
            : string.Create(CultureInfo.InvariantCulture, $"no rate for {gaps.Count} {(gaps.Count == 1 ? "day" : "days")}, from {gaps[0]:yyyy-MM-dd} to {gaps[^1]:yyyy-MM-dd}");
    }
}
