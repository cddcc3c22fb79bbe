using System.Globalization;

namespace FinOps.Domain.Currencies;

/// <summary>Why a list of rates is refused.</summary>
/// <param name="Line">From 1.</param>
public sealed record RateListError(int Line, string Problem);

/// <summary>
/// Reads rates that somebody pastes: a line for each day, the date (2026-11-03), then what 1 USD is, apart by comma, semicolon, tab or space. A first line of words and empty lines are passed over.
/// All or nothing: the first mistake is told with its line. Pure.
/// </summary>
public static class RateList
{
    /// <summary>Lines of one list. Default 10,000: more than 27 years.</summary>
    public const int MaxLines = 10_000;

    /// <summary>A rate beyond it is a mistake of somebody's: one US dollar was never so many of anything that providers invoice in.</summary>
    public const decimal MaxRate = 10_000_000m;

    private static readonly char[] Separators = [',', ';', '\t', ' '];

    public static (IReadOnlyList<DailyRate>? Rates, RateListError? Error) Read(string text)
    {
        var rates = new List<DailyRate>();
        var days = new HashSet<DateOnly>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0) continue;
            if (number == 1 && !char.IsAsciiDigit(line[0])) continue;
            if (rates.Count == MaxLines) return Refuse(number, $"A list has at most {MaxLines} days.");
            var fields = line.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (fields.Length != 2) return Refuse(number, "A line is a date and what 1 USD is, for example 2026-11-03,0.9214.");
            if (!DateOnly.TryParseExact(fields[0], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Refuse(number, $"\"{fields[0]}\" is not a date like 2026-11-03.");
            if (FindProblem(fields[1], out var rate) is { } problem) return Refuse(number, problem);
            if (!days.Add(day)) return Refuse(number, $"{fields[0]} stands twice.");
            rates.Add(new DailyRate(day, rate));
        }

        return rates.Count == 0 ? Refuse(number, "There is no rate in it.") : (rates, null);
    }

    /// <summary>What is wrong with a rate as it is written; null where nothing is.</summary>
    private static string? FindProblem(string text, out decimal rate) =>
        !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out rate)
            ? $"\"{text}\" is not a number with a point, like 0.9214."
            : FindProblem(rate);

    public static string? FindProblem(decimal rate) => rate is > 0 and <= MaxRate ? null : $"A rate is above 0 and at most {MaxRate.ToString("0", CultureInfo.InvariantCulture)}.";

    private static (IReadOnlyList<DailyRate>?, RateListError?) Refuse(int line, string problem) => (null, new RateListError(line, problem));
}
