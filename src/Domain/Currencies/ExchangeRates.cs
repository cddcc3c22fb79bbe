namespace FinOps.Domain.Currencies;

/// <summary>What one US dollar was on a day.</summary>
/// <param name="Day">The day that the rate is of.</param>
/// <param name="Value">Units of the billing currency for 1 USD.</param>
public readonly record struct DailyRate(DateOnly Day, decimal Value);

/// <summary>
/// The dated rates of one currency against USD. A day has the rate of that day, else that of the last day before it that has one (a weekend, a holiday), but none that is older than
/// <see cref="MaxDaysCarried"/>: then there is no rate, and nothing is converted by guess. Pure.
/// </summary>
public sealed class ExchangeRates
{
    /// <summary>Days for which a rate stands in. Default 7: the longest run of days without a fixing is over Christmas or Easter.</summary>
    public const int MaxDaysCarried = 7;

    public const string Usd = "USD";

    private readonly DailyRate[] _rates;

    public ExchangeRates(string currency, IEnumerable<DailyRate> rates)
    {
        Currency = currency;
        _rates = [.. rates.OrderBy(rate => rate.Day)];
    }

    /// <summary>Prices are in it: one is one, on every day.</summary>
    public static ExchangeRates OfUsd { get; } = new(Usd, []);

    /// <summary>ISO 4217.</summary>
    public string Currency { get; }

    /// <summary>Null where there is none.</summary>
    public DailyRate? Find(DateOnly day)
    {
        if (Currency == Usd) return new DailyRate(day, 1m);
        var (low, high) = (0, _rates.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_rates[middle].Day <= day) low = middle + 1;
            else high = middle;
        }

        return low == 0 || day.DayNumber - _rates[low - 1].Day.DayNumber > MaxDaysCarried ? null : _rates[low - 1];
    }

    /// <summary>Three capital letters. Whether such a currency exists is not our list's to say.</summary>
    public static bool IsCode(string text) => text.Length == 3 && text.All(char.IsAsciiLetterUpper);
}
