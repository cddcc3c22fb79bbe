using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;

namespace FinOps.Web.Features.Prices;

/// <summary>How prices read on their pages.</summary>
internal static class PriceTexts
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Meters that people make prices of most, in the order in which they are offered.</summary>
    public static readonly IReadOnlyList<Meter> Offered =
        [.. ((Meter[])[Meter.Input, Meter.CacheRead, Meter.CacheWrite5m, Meter.CacheWrite1h, Meter.Output, Meter.Reasoning]).Concat(Enum.GetValues<Meter>()).Distinct().Where(meter => meter != Meter.Discount)];

    public static string Title(Meter meter) => meter switch
    {
        Meter.CacheWrite5m => "Cache write, 5 min",
        Meter.CacheWrite1h => "Cache write, 1 h",
        Meter.GpuTime => "GPU time",
        _ => Spaced(meter.ToString()),
    };

    /// <summary>"$1.25", "15% off": all decimals, for a price is compared with a contract.</summary>
    public static string Amount(Meter meter, decimal price) =>
        meter == Meter.Discount ? (price * 100).ToString("0.##########", Culture) + "% off" : "$" + price.ToString("#,##0.00##########", Culture);

    public static string Amount(RecordedPrice row) => Amount(row.Meter, row.Price);

    /// <summary>All decimals, without a sign.</summary>
    public static string Plain(decimal amount) => amount.ToString("#,##0.00##########", Culture);

    /// <summary>"1M tokens", "1,000 searches", "hour".</summary>
    public static string Per(Meter meter, decimal unitSize)
    {
        if (meter == Meter.Discount) return "each call";
        var unit = Meters.Unit(meter);
        if (meter == Meter.GpuTime && unitSize == 3_600_000m) return "hour";
        if (unitSize == 1m) return unit;
        var many = unit.EndsWith("ch", StringComparison.Ordinal) ? unit + "es" : unit + "s";
        return unitSize == 1_000_000m ? "1M " + many : unitSize.ToString("#,0.######", Culture) + " " + many;
    }

    /// <summary>"always", "from 1 Dec 2026", in days of UTC as prices are told.</summary>
    public static string Validity(DateTimeOffset? from, DateTimeOffset? to) => (from, to) switch
    {
        (null, null) => "always",
        ({ } start, null) => "from " + Day(start),
        (null, { } end) => "until " + Day(end),
        ({ } start, { } end) => $"{Day(start)} – {Day(end)}",
    };

    public static string Day(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString(instant.UtcDateTime.TimeOfDay == TimeSpan.Zero ? "d MMM yyyy" : "d MMM yyyy, HH:mm", Culture);

    public static string LinkTo(string seller, string entry) => $"/prices/model?seller={Uri.EscapeDataString(seller)}&entry={Uri.EscapeDataString(entry)}";

    private static string Spaced(string name) =>
        string.Concat(name.Select((letter, i) => i > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : letter.ToString()));
}
