using System.Globalization;

namespace FinOps.Web.Parts;

/// <summary>How figures read on every page: one way for money, tokens, counts, shares and changes.</summary>
public static class Figures
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Money in a table or on a tile: two decimals from $1, four significant digits below. Never 17 digits, never "-0.00".</summary>
    public static string Money(decimal amount)
    {
        var size = Math.Abs(amount);
        if (size == 0) return "$0.00";
        var sign = amount < 0 ? "-" : "";
        if (size >= 0.995m) return sign + "$" + Math.Round(size, 2, MidpointRounding.ToEven).ToString("N2", Culture);
        var decimals = SignificantDecimals(size, 4);
        var text = Math.Round(size, decimals, MidpointRounding.ToEven).ToString("F" + decimals.ToString(Culture), Culture).TrimEnd('0');
        // $0.50 reads as money, $0.5 does not.
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return sign + "$" + (text.Length - point < 3 ? text.PadRight(point + 3, '0') : text);
    }

    /// <summary>Money with all its decimals, for hovers and copies.</summary>
    public static string MoneyExact(decimal amount) =>
        (amount < 0 ? "-$" : "$") + Math.Abs(amount).ToString("#,##0.00##########", Culture);

    /// <summary>Money on a big tile: $12.4K. Below $10,000 as <see cref="Money"/>.</summary>
    public static string MoneyShort(decimal amount) => Math.Abs(amount) < 10_000 ? Money(amount) : (amount < 0 ? "-$" : "$") + Short(Math.Abs(amount));

    /// <summary>Tokens and calls: 950, 1.2K, 3.4M.</summary>
    public static string Count(long count) => Math.Abs(count) < 10_000 ? count.ToString("N0", Culture) : (count < 0 ? "-" : "") + Short(Math.Abs(count));

    /// <inheritdoc cref="Count(long)"/>
    public static string Count(ulong count) => Count((long)Math.Min(count, long.MaxValue));

    /// <summary>"980 B", "1.2 KB", "3.4 GB": powers of 1000, as disks are sold.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => bytes.ToString(Culture) + " B",
        < 1_000_000 => Scaled(bytes, 1_000m) + " KB",
        < 1_000_000_000 => Scaled(bytes, 1_000_000m) + " MB",
        < 1_000_000_000_000 => Scaled(bytes, 1_000_000_000m) + " GB",
        _ => Scaled(bytes, 1_000_000_000_000m) + " TB",
    };

    public static string CountExact(long count) => count.ToString("N0", Culture);

    /// <summary>"1 call", "2,340 calls".</summary>
    public static string CallsExact(long calls) => calls == 1 ? "1 call" : $"{CountExact(calls)} calls";

    /// <summary>A share of a whole; "–" where the whole is nothing.</summary>
    public static string Share(decimal part, decimal whole) =>
        whole == 0 ? "–" : (part / whole) switch
        {
            > 0 and < 0.001m => "<0.1%",
            var share => Math.Round(share * 100, share < 0.1m ? 1 : 0).ToString("0.#", Culture) + "%",
        };

    /// <summary>"6 s", "12 min", "3 h", "2 days".</summary>
    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 1 } => "now",
        { TotalSeconds: < 90 } => $"{(int)age.TotalSeconds} s",
        { TotalMinutes: < 90 } => $"{(int)age.TotalMinutes} min",
        { TotalHours: < 36 } => $"{(int)age.TotalHours} h",
        _ => $"{(int)age.TotalDays} days",
    };

    /// <summary>"22 Nov, 14:05" in the reader's zone.</summary>
    public static string Instant(DateTimeOffset instant, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(instant, zone).ToString("d MMM, HH:mm", Culture);

    /// <summary>The full stamp, for hovers.</summary>
    public static string InstantExact(DateTimeOffset instant, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(instant, zone).ToString("yyyy-MM-dd HH:mm:ss.fff zzz", Culture);

    public static string Milliseconds(double milliseconds) => milliseconds switch
    {
        < 1 => "<1 ms",
        < 1000 => milliseconds.ToString("0", Culture) + " ms",
        _ => (milliseconds / 1000).ToString(milliseconds < 10_000 ? "0.00" : "0.0", Culture) + " s",
    };

    private static string Scaled(long bytes, decimal unit) => (bytes / unit) switch
    {
        < 100 and var small => small.ToString("0.#", Culture),
        var large => large.ToString("0", Culture),
    };

    private static string Short(decimal size)
    {
        // What rounds to 1000 of a unit is 1 of the next.
        var (scaled, suffix) = size switch
        {
            >= 999_500_000m => (size / 1_000_000_000m, "B"),
            >= 999_500m => (size / 1_000_000m, "M"),
            _ => (size / 1000m, "K"),
        };
        return scaled.ToString(scaled < 100 ? "0.#" : "0", Culture) + suffix;
    }

    private static int SignificantDecimals(decimal size, int digits)
    {
        var leadingZeros = 0;
        while (size < 0.1m && leadingZeros < 12)
        {
            size *= 10;
            leadingZeros++;
        }

        return Math.Min(12, leadingZeros + digits);
    }
}

/// <summary>A figure against the same figure of the period before.</summary>
public readonly record struct Change(decimal Now, decimal Before)
{
    /// <summary>Changes inside ±3 % are noise and stay neutral.</summary>
    private const decimal NeutralShare = 0.03m;

    public decimal Absolute => Now - Before;

    /// <summary>Null where there was nothing before.</summary>
    public decimal? Relative => Before == 0 ? null : Absolute / Before;

    public ChangeDirection Direction => Relative switch
    {
        null => Now == 0 ? ChangeDirection.Neutral : ChangeDirection.New,
        > NeutralShare => ChangeDirection.Up,
        < -NeutralShare => ChangeDirection.Down,
        _ => ChangeDirection.Neutral,
    };

    /// <summary>"▲ $12.40 (+8%)", "▼ $3.10 (−2%)", "new".</summary>
    public override string ToString()
    {
        if (Relative is not { } relative) return Now == 0 ? "no change" : "new";
        var arrow = Absolute switch { > 0 => "▲", < 0 => "▼", _ => "=" };
        var percent = Math.Abs(relative * 100);
        var text = percent < 10 ? percent.ToString("0.#", CultureInfo.InvariantCulture) : percent < 1000 ? percent.ToString("0", CultureInfo.InvariantCulture) : ">999";
        return $"{arrow} {Figures.Money(Math.Abs(Absolute))} ({(relative < 0 ? "−" : "+")}{text}%)";
    }
}

public enum ChangeDirection
{
    Neutral,
    Up,
    Down,
    New,
}
