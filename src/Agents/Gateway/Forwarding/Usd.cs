using System.Globalization;

namespace FinOps.Gateway.Forwarding;

/// <summary>Amounts of money as headers tell them.</summary>
internal static class Usd
{
    /// <summary>A millionth of a millionth: prices of single tokens have nine decimals, and those of a discount a few more.</summary>
    private const int Decimals = 12;

    private const decimal Scale = 1_000_000_000_000m;

    /// <summary>What is more than this is no price of one call, and written by the runtime.</summary>
    private const decimal Most = 1_000_000m;

    /// <summary>USD with as many decimals as it needs, at most twelve, in the invariant culture: <c>0.00015</c>. Half a unit is rounded away from zero.</summary>
    public static string Text(decimal usd)
    {
        if (usd is < 0 or >= Most) return usd.ToString("0.############", CultureInfo.InvariantCulture);
        // A custom format costs a microsecond, which each call would pay.
        var units = (ulong)decimal.Round(usd * Scale, MidpointRounding.AwayFromZero);
        var (whole, rest) = Math.DivRem(units, (ulong)Scale);
        Span<char> text = stackalloc char[24];
        whole.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        if (rest == 0) return text[..length].ToString();
        text[length] = '.';
        var digits = text.Slice(length + 1, Decimals);
        for (var i = Decimals - 1; i >= 0; i--, rest /= 10) digits[i] = (char)('0' + (rest % 10));
        return text[..(length + 1 + digits.TrimEnd('0').Length)].ToString();
    }
}
