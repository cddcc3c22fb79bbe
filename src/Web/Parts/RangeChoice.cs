using System.Globalization;

namespace FinOps.Web.Parts;

/// <summary>The one time range of the whole product, as it stands in the address: <c>range=7d</c>, or <c>range=custom&amp;from=…&amp;to=…</c>.</summary>
public sealed record RangeChoice(string Key, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    public const string Custom = "custom";

    public static readonly RangeChoice Default = new("7d");

    public static readonly IReadOnlyList<(string Key, string Label)> Presets =
        [("today", "Today"), ("24h", "24 h"), ("7d", "7 d"), ("30d", "30 d"), ("month", "This month"), ("last-month", "Last month")];

    public static RangeChoice Parse(string? key, string? from, string? to)
    {
        if (key == Custom && TryInstant(from, out var start) && TryInstant(to, out var end) && start < end) return new RangeChoice(Custom, start, end);
        return Presets.Any(p => p.Key == key) ? new RangeChoice(key!) : Default;
    }

    public string Label => Key == Custom ? "Custom" : Presets.First(p => p.Key == Key).Label;

    /// <summary>The half-open range of instants, days cut in the reader's zone.</summary>
    public (DateTimeOffset From, DateTimeOffset To) Resolve(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var tomorrow = local.Date.AddDays(1);
        var monthStart = new DateTime(local.Year, local.Month, 1);
        return Key switch
        {
            "today" => (Start(local.Date, zone), Start(tomorrow, zone)),
            "24h" => (now.AddHours(-24), now),
            "30d" => (Start(local.Date.AddDays(-29), zone), Start(tomorrow, zone)),
            "month" => (Start(monthStart, zone), Start(monthStart.AddMonths(1), zone)),
            "last-month" => (Start(monthStart.AddMonths(-1), zone), Start(monthStart, zone)),
            Custom => (From!.Value, To!.Value),
            _ => (Start(local.Date.AddDays(-6), zone), Start(tomorrow, zone)),
        };
    }

    /// <summary>The period of the same length before, of which only as much is taken as has passed of the current one.</summary>
    public (DateTimeOffset From, DateTimeOffset To) Previous(DateTimeOffset now, TimeZoneInfo zone)
    {
        var (from, to) = Resolve(now, zone);
        var passed = (to < now ? to : now) - from;
        var before = Key switch
        {
            "month" or "last-month" => Start(TimeZoneInfo.ConvertTime(from, zone).DateTime.AddMonths(-1), zone),
            "24h" or Custom => from - (to - from),
            _ => Start(TimeZoneInfo.ConvertTime(from, zone).DateTime.Subtract(TimeZoneInfo.ConvertTime(to, zone).DateTime - TimeZoneInfo.ConvertTime(from, zone).DateTime), zone),
        };
        var end = before + (passed > TimeSpan.Zero ? passed : TimeSpan.Zero);
        return (before, end < from ? end : from);
    }

    /// <summary>Midnight of a local day as an instant; a midnight that a clock change skips is the first instant after it.</summary>
    private static DateTimeOffset Start(DateTime local, TimeZoneInfo zone)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static bool TryInstant(string? text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
}
