using System.Globalization;
using System.Text.RegularExpressions;

namespace FinOps.Analytics.Bills;

/// <summary>Reads dates, amounts and units in the notation of one bill. Strict: what can be read in two ways is read in none.</summary>
internal sealed partial class BillNotation(BillMapping mapping)
{
    /// <summary>A number of more digits is a broken file.</summary>
    private const decimal MaxNumber = 1_000_000_000_000_000m;

    private static readonly string[] IsoDays = ["yyyy-MM-dd", "yyyy/MM/dd", "yyyyMMdd"];
    private static readonly string[] IsoInstants = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss 'UTC'"];
    private static readonly string[] Months = ["yyyy-MM", "yyyy/MM"];

    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(mapping.TimeZone);

    public string ExpectedDate => mapping.DateFormat.Length == 0 ? "a date such as 2026-11-22, or another date format in the mapping" : $"a date written as {mapping.DateFormat}";

    public string ExpectedNumber => mapping.DecimalComma ? "a number with a decimal comma, such as 1.234,56" : "a number with a decimal point, such as 1,234.56";

    /// <summary>Start and end of the day, month or instant that a text names, UTC; an instant ends where it starts.</summary>
    public bool TryPeriod(string text, out DateTimeOffset from, out DateTimeOffset to)
    {
        (from, to) = (default, default);
        if (mapping.DateFormat.Length != 0)
        {
            if (!DateTime.TryParseExact(text, mapping.DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var told)) return false;
            return Fill(told, !mapping.DateFormat.Contains('d', StringComparison.Ordinal), mapping.DateFormat.Contains('H', StringComparison.Ordinal) || mapping.DateFormat.Contains('h', StringComparison.Ordinal), out from, out to);
        }

        if (DateTime.TryParseExact(text, IsoDays, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Fill(day, false, false, out from, out to);
        if (DateTime.TryParseExact(text, Months, CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)) return Fill(month, true, false, out from, out to);
        if (!DateTime.TryParseExact(text, IsoInstants, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var instant)) return false;
        if (text.EndsWith("UTC", StringComparison.Ordinal)) instant = DateTime.SpecifyKind(instant, DateTimeKind.Utc);
        if (instant.Kind != DateTimeKind.Utc) return Fill(instant, false, true, out from, out to);
        from = to = new DateTimeOffset(instant, TimeSpan.Zero);
        return InRange(from);
    }

    /// <summary>The bill's days that a period touches: hours are summed by the day.</summary>
    public (DateTimeOffset From, DateTimeOffset To) WholeDays(DateTimeOffset from, DateTimeOffset to)
    {
        var first = TimeZoneInfo.ConvertTime(from, _zone).Date;
        var last = TimeZoneInfo.ConvertTime(to, _zone).DateTime;
        if (last > last.Date || last.Date == first) last = last.Date.AddDays(1);
        return (Midnight(first), Midnight(last.Date));
    }

    public bool TryNumber(string text, out decimal number)
    {
        number = 0;
        var told = text.Trim().TrimStart('$', '€', '£').Trim();
        var negative = told.StartsWith('(') && told.EndsWith(')');
        if (negative) told = told[1..^1].Trim();
        if (told.StartsWith("-$", StringComparison.Ordinal)) told = "-" + told[2..];
        if (mapping.DecimalComma) told = told.Replace(".", "\u0001", StringComparison.Ordinal).Replace(',', '.').Replace('\u0001', ',');
        if (!Number().IsMatch(told)) return false;
        if (!decimal.TryParse(told.Replace(",", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out number) || Math.Abs(number) > MaxNumber) return false;
        if (negative) number = -number;
        return true;
    }

    /// <summary>By how much a quantity is multiplied to count single units, and the word for one of them.</summary>
    public (decimal Factor, string Unit) Unit(string told)
    {
        var match = UnitText().Match(told);
        var unit = match.Groups["unit"].Value.Trim().ToLowerInvariant();
        if (mapping.Scale != QuantityScale.AsTold) return (mapping.Scale switch { QuantityScale.Thousands => 1_000m, QuantityScale.Millions => 1_000_000m, _ => 1m }, unit);
        var count = decimal.TryParse(match.Groups["count"].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : 1m;
        return (count * match.Groups["scale"].Value.ToLowerInvariant() switch { "k" or "thousand" => 1_000m, "m" or "million" => 1_000_000m, _ => 1m }, unit);
    }

    private bool Fill(DateTime local, bool isMonth, bool hasTime, out DateTimeOffset from, out DateTimeOffset to)
    {
        from = hasTime ? InZone(local) : Midnight(local.Date);
        to = hasTime ? from : Midnight(isMonth ? local.Date.AddMonths(1) : local.Date.AddDays(1));
        return InRange(from);
    }

    private static bool InRange(DateTimeOffset instant) => instant.Year is >= 2000 and < 2100;

    private DateTimeOffset Midnight(DateTime day) => InZone(day);

    private DateTimeOffset InZone(DateTime local)
    {
        // What a clock that was put forward leaves out begins an hour later.
        var told = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        if (_zone.IsInvalidTime(told)) told = told.AddHours(1);
        return new DateTimeOffset(told, _zone.GetUtcOffset(told)).ToUniversalTime();
    }

    [GeneratedRegex(@"^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d)\.?)(?:[eE][-+]?\d{1,2})?$")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\s*(?:per\s+)?(?<count>\d[\d,]*)?\s*(?<scale>[kKmM](?=\b|\s)|thousand|million)?\s*(?<unit>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex UnitText();
}
