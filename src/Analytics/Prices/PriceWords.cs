using System.Globalization;
using FinOps.Domain.Pricing;

namespace FinOps.Analytics.Prices;

/// <summary>Prices and aliases in words, the same for pages, refusals and the audit record.</summary>
public static class PriceWords
{
    /// <summary>A price in one line.</summary>
    public static string Told(RecordedPrice row) =>
        string.Join(", ", [$"{row.Provider} {(IsForEvery(row) ? "all models" : row.Model)}", Price(row), .. Conditions(row), Validity(row.ValidFrom, row.ValidTo)]);

    public static string Told(RecordedAlias row) =>
        $"{Match(row.Match)}{(row.ToldProvider.Length == 0 ? "" : " of " + row.ToldProvider)} as {row.Provider} {row.Model}{(row.ProjectId is null ? "" : ", one project")}, {Validity(row.ValidFrom, row.ValidTo)}";

    public static bool IsForEvery(RecordedPrice row) => ModelMatch.Parse(row.Match).Equals(ModelMatch.Every);

    /// <summary>"1 USD for 1,000,000 tokens (Input)", "15 % off".</summary>
    private static string Price(RecordedPrice row) => row.Meter == Meter.Discount
        ? string.Create(CultureInfo.InvariantCulture, $"{row.Price * 100:0.##########} % off")
        : string.Create(CultureInfo.InvariantCulture, $"{row.Price:0.############} USD for {row.UnitSize:#,0.############} {(row.UnitSize == 1 ? row.Unit : row.Unit.EndsWith("ch", StringComparison.Ordinal) ? row.Unit + "es" : row.Unit + "s")} ({row.Meter}){(row.Agreed is { } agreed ? $", agreed as {agreed}" : "")}");

    /// <summary>What must be so for the price to hold, beside its time; empty = always.</summary>
    public static IReadOnlyList<string> Conditions(RecordedPrice row)
    {
        string[] conditions =
        [
            row.ContextStart == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"above {row.ContextStart:N0} tokens"),
            row.ServiceTier, row.Batch ? "batch" : "", row.HostPlatform, row.Region, row.Variant,
            row.DayStart is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{row.DayStart:HH:mm} to {row.DayEnd:HH:mm} UTC"),
            row.TenantId is not null && ModelMatch.Parse(row.Match) is { Entry: null } match && !match.Equals(ModelMatch.Every) ? Match(row.Match) : "",
            row.ProjectId is null ? "" : "one project",
        ];
        return [.. conditions.Where(text => text.Length != 0)];
    }

    /// <summary>A clause as one reads it: "named x", "starting with x".</summary>
    public static string Match(string clause)
    {
        var match = ModelMatch.Parse(clause);
        if (match.Name is { } name) return $"named {name}";
        using var json = System.Text.Json.JsonDocument.Parse(clause);
        var first = json.RootElement.EnumerateObject().First();
        return first.Name switch
        {
            "starts_with" => $"starting with {first.Value.GetString()}",
            "ends_with" => $"ending with {first.Value.GetString()}",
            "contains" => $"containing {first.Value.GetString()}",
            "regex" => $"like /{first.Value.GetString()}/",
            _ => match.ToString(),
        };
    }

    public static string Validity(DateTimeOffset? from, DateTimeOffset? to) => (from, to) switch
    {
        (null, null) => "always",
        ({ } start, null) => "from " + Stamp(start),
        (null, { } end) => "until " + Stamp(end),
        ({ } start, { } end) => $"{Stamp(start)} to {Stamp(end)}",
    };

    private static string Stamp(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString(instant.UtcDateTime.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
