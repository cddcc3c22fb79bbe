using System.Globalization;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Samples;

/// <summary>How many of a project's traces have the content of their calls kept, in thousandths: 0 is off, 1,000 is all.</summary>
public readonly record struct SampleShare(int PerMille)
{
    public const int Most = 1_000;

    public static readonly SampleShare Off = new(0);

    public bool IsOff => PerMille == 0;

    public decimal Percent => PerMille / 10m;

    /// <summary>A share of 0 to 100 percent with one decimal; null for what is none.</summary>
    public static SampleShare? OfPercent(decimal percent) =>
        percent is >= 0 and <= 100 && percent * 10 == decimal.Truncate(percent * 10) ? new SampleShare((int)(percent * 10)) : null;

    /// <summary>
    /// Whether the content of this trace is kept: the same answer in every process, for every span of the trace and each time it is sent. A larger share keeps what a smaller one does, and more.
    /// The id is mixed first (SplitMix64), because not every sender draws all its bits by chance.
    /// </summary>
    public bool Takes(TraceId trace)
    {
        if (PerMille <= 0) return false;
        var mixed = trace.High ^ ulong.RotateLeft(trace.Low, 32);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        return Math.BigMul(mixed, Most, out _) < (ulong)PerMille;
    }

    public override string ToString() => IsOff ? "off" : Percent.ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
