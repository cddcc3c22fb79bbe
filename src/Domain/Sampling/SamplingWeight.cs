using System.Globalization;

namespace FinOps.Domain.Sampling;

/// <summary>
/// How many spans a kept one stands for, by OpenTelemetry's consistent probability sampling
/// (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/): the member <c>ot</c> of a span's <c>tracestate</c> tells
/// <c>th</c>, the threshold below which traces were dropped, as 1 to 14 hexadecimal digits of a 56-bit number without its trailing zeros.
/// </summary>
public static class SamplingWeight
{
    /// <summary>The weight of what stands for itself alone.</summary>
    public const double Exact = 1;

    private const int Digits = 14;
    private const ulong Thresholds = 1UL << 56;

    /// <summary>The reciprocal of the probability with which a threshold keeps a span: 1 for 0, 10 for <c>e6666666666668</c>.</summary>
    /// <returns>1 to 2^56; null where the text is no threshold.</returns>
    public static double? OfThreshold(ReadOnlySpan<byte> hexadecimal)
    {
        if (hexadecimal.Length is 0 or > Digits) return null;
        if (!ulong.TryParse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var threshold)) return null;
        threshold <<= 4 * (Digits - hexadecimal.Length);
        return (double)Thresholds / (Thresholds - threshold);
    }

    /// <summary>The threshold that the member <c>ot</c> of a <c>tracestate</c> tells; empty where it tells none.</summary>
    public static ReadOnlySpan<byte> FindThreshold(ReadOnlySpan<byte> traceState)
    {
        while (!traceState.IsEmpty)
        {
            var member = Cut(ref traceState, (byte)',').Trim(" \t"u8);
            if (!member.StartsWith("ot="u8)) continue;
            var values = member[3..];
            while (!values.IsEmpty)
            {
                var value = Cut(ref values, (byte)';');
                if (value.StartsWith("th:"u8)) return value[3..];
            }

            return default;
        }

        return default;
    }

    private static ReadOnlySpan<byte> Cut(scoped ref ReadOnlySpan<byte> rest, byte separator)
    {
        var end = rest.IndexOf(separator);
        var first = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return first;
    }
}
