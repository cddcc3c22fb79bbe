using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>Turns the counts that a span told into a usage vector of disjoint parts. Pure; what contradicts itself is marked, never guessed silently.</summary>
internal static class UsageRules
{
    /// <summary>Fills the report's vector, told parts, source and flags. The counts are within their limits.</summary>
    public static void Apply(UsageCounts counts, Instrumentation instrumentation, bool inclusiveMark, CallReport report)
    {
        var told = TellParts(counts);
        if ((told & (UsageParts.Input | UsageParts.Output)) == 0 && UsageCounts.Told(counts.Total))
        {
            // An embedding's only count may be its total.
            counts.Input = counts.Total;
            told |= UsageParts.Input;
        }

        if (told == UsageParts.None) return;
        report.Told = told;
        ApplyInput(counts, instrumentation, inclusiveMark, report);
        ApplyOutput(counts, instrumentation, report);
        report.Usage.WebSearches = (uint)UsageCounts.OrZero(counts.WebSearches);
        report.Usage.GpuMilliseconds = (uint)UsageCounts.OrZero(counts.GpuMilliseconds);
        if ((told & Rare) != 0) ApplyRare(counts, report);
        report.UsageSource = UsageSource.Reported;
    }

    private const UsageParts Rare = UsageParts.AudioTime | UsageParts.Images | UsageParts.Tools | UsageParts.SearchUnits | UsageParts.CacheStorage;

    private static void ApplyRare(in UsageCounts counts, CallReport report)
    {
        report.Usage.AudioMilliseconds = (uint)UsageCounts.OrZero(counts.AudioMilliseconds);
        report.Usage.Images = (uint)UsageCounts.OrZero(counts.Images);
        report.Usage.FileSearches = (uint)UsageCounts.OrZero(counts.FileSearches);
        report.Usage.CodeSessions = (uint)UsageCounts.OrZero(counts.CodeSessions);
        report.Usage.SearchUnits = (uint)UsageCounts.OrZero(counts.SearchUnits);
        report.Usage.CacheStorageTokenHours = (uint)UsageCounts.OrZero(counts.CacheStorage);
    }

    private static UsageParts TellParts(in UsageCounts counts)
    {
        var told = UsageParts.None;
        if (UsageCounts.Told(counts.Input)) told |= UsageParts.Input;
        if (UsageCounts.Told(counts.Output)) told |= UsageParts.Output;
        if (UsageCounts.Told(counts.CacheRead)) told |= UsageParts.CacheRead;
        if (UsageCounts.Told(counts.CacheWrite)) told |= UsageParts.CacheWrite;
        if (UsageCounts.Told(counts.CacheWrite5m) || UsageCounts.Told(counts.CacheWrite1h)) told |= UsageParts.CacheWrite | UsageParts.CacheWriteSplit;
        if (UsageCounts.Told(counts.Reasoning)) told |= UsageParts.Reasoning;
        if (UsageCounts.Told(counts.InputAudio) || UsageCounts.Told(counts.OutputAudio)) told |= UsageParts.Audio;
        if (UsageCounts.Told(counts.InputImage) || UsageCounts.Told(counts.OutputImage)) told |= UsageParts.Image;
        if (UsageCounts.Told(counts.WebSearches)) told |= UsageParts.WebSearches;
        if (UsageCounts.Told(counts.GpuMilliseconds)) told |= UsageParts.GpuTime;
        if (UsageCounts.Told(counts.AudioMilliseconds)) told |= UsageParts.AudioTime;
        if (UsageCounts.Told(counts.Images)) told |= UsageParts.Images;
        if (UsageCounts.Told(counts.FileSearches) || UsageCounts.Told(counts.CodeSessions)) told |= UsageParts.Tools;
        if (UsageCounts.Told(counts.SearchUnits)) told |= UsageParts.SearchUnits;
        if (UsageCounts.Told(counts.CacheStorage)) told |= UsageParts.CacheStorage;
        return told;
    }

    private static void ApplyInput(in UsageCounts counts, Instrumentation instrumentation, bool inclusiveMark, CallReport report)
    {
        var input = UsageCounts.OrZero(counts.Input);
        var read = UsageCounts.OrZero(counts.CacheRead);
        var write1h = UsageCounts.OrZero(counts.CacheWrite1h);
        var split = UsageCounts.OrZero(counts.CacheWrite5m) + write1h;
        var write = Math.Max(UsageCounts.OrZero(counts.CacheWrite), split);
        if (split > write || (UsageCounts.Told(counts.CacheWrite) && counts.CacheWrite < split)) report.Flags |= CallFlags.Ambiguous;
        if (write > split) report.Flags |= CallFlags.CacheWriteLowerBound;

        long fresh;
        if (UsageCounts.Told(counts.Input) && IsExclusive(counts, instrumentation, inclusiveMark, report, input, read, write))
        {
            if (read + write > 0) report.Flags |= CallFlags.ExclusiveInput;
            fresh = input;
        }
        else
        {
            fresh = Math.Max(0, input - read - write);
        }

        if (counts.Disjoint)
        {
            report.Usage.InputAudio = (uint)UsageCounts.OrZero(counts.InputAudio);
            report.Usage.InputImage = (uint)UsageCounts.OrZero(counts.InputImage);
        }
        else
        {
            report.Usage.InputAudio = TakeFrom(ref fresh, UsageCounts.OrZero(counts.InputAudio) - UsageCounts.OrZero(counts.CachedAudio), report);
            report.Usage.InputImage = TakeFrom(ref fresh, UsageCounts.OrZero(counts.InputImage) - UsageCounts.OrZero(counts.CachedImage), report);
        }

        report.Usage.InputFresh = (uint)fresh;
        // Audio and images that came out of the cache have prices of their own. More of them than was read at all contradicts itself, and is cut.
        report.Usage.CacheReadAudio = TakeFrom(ref read, UsageCounts.OrZero(counts.CachedAudio), report);
        report.Usage.CacheReadImage = TakeFrom(ref read, UsageCounts.OrZero(counts.CachedImage), report);
        report.Usage.CacheRead = (uint)read;
        report.Usage.CacheWrite5m = (uint)(write - write1h);
        report.Usage.CacheWrite1h = (uint)write1h;
    }

    private static bool IsExclusive(
        in UsageCounts counts, Instrumentation instrumentation, bool inclusiveMark, CallReport report, long input, long read, long write)
    {
        var cached = read + write;
        var convention = counts.Disjoint ? InputConvention.Exclusive
            : inclusiveMark || counts.Inclusive ? InputConvention.Inclusive
            : IsAnthropic(report) ? instrumentation.Anthropic
            : instrumentation.Others;
        if (cached == 0) return convention == InputConvention.Exclusive;

        // What the provider itself said decides, if the span carries it.
        if (UsageCounts.Told(counts.RawFreshInput))
        {
            if (input == counts.RawFreshInput) return true;
            if (input == counts.RawFreshInput + cached) return false;
        }

        // More cached than input tokens: certainly exclusive, whatever the table says.
        if (cached > input)
        {
            if (convention == InputConvention.Inclusive) report.Flags |= CallFlags.Ambiguous;
            return true;
        }

        if (UsageCounts.Told(counts.Total) && UsageCounts.Told(counts.Output))
        {
            // A total that has room for the cache beside the input.
            var beside = counts.Total - input - counts.Output;
            if (beside == cached || (counts.Disjoint && beside == cached + UsageCounts.OrZero(counts.Reasoning))) return true;
            if (counts.Disjoint && beside == 0) return false;
        }

        if (convention == InputConvention.Unknown && IsAnthropic(report)) report.Flags |= CallFlags.Ambiguous;
        return convention == InputConvention.Exclusive;
    }

    private static void ApplyOutput(in UsageCounts counts, Instrumentation instrumentation, CallReport report)
    {
        var output = UsageCounts.OrZero(counts.Output);
        var reasoning = UsageCounts.OrZero(counts.Reasoning);
        var text = output;
        if (reasoning > 0 && !IsBeside(counts, instrumentation, report, output, reasoning))
            text = Math.Max(0, output - reasoning);

        if (counts.Disjoint)
        {
            report.Usage.OutputAudio = (uint)UsageCounts.OrZero(counts.OutputAudio);
            report.Usage.OutputImage = (uint)UsageCounts.OrZero(counts.OutputImage);
        }
        else
        {
            report.Usage.OutputAudio = TakeFrom(ref text, UsageCounts.OrZero(counts.OutputAudio), report);
            report.Usage.OutputImage = TakeFrom(ref text, UsageCounts.OrZero(counts.OutputImage), report);
        }

        report.Usage.OutputText = (uint)text;
        report.Usage.OutputReasoning = (uint)reasoning;
    }

    /// <summary>Whether reasoning tokens stand beside the output count instead of inside it.</summary>
    private static bool IsBeside(in UsageCounts counts, Instrumentation instrumentation, CallReport report, long output, long reasoning)
    {
        if (UsageCounts.Told(counts.Total) && UsageCounts.Told(counts.Input))
        {
            var rest = counts.Total - counts.Input - output;
            if (counts.Disjoint)
            {
                var cached = UsageCounts.OrZero(counts.CacheRead) + UsageCounts.OrZero(counts.CacheWrite);
                if (rest == reasoning + cached || (rest == reasoning && cached == 0)) return true;
                if (rest == cached || rest == 0) return false;
            }
            else
            {
                if (rest == reasoning) return true;
                if (rest == 0 && reasoning <= output) return false;
            }
        }

        if (reasoning > output)
        {
            if (!counts.Disjoint && !IsGoogle(report.Provider)) report.Flags |= CallFlags.Ambiguous;
            return true;
        }

        if (counts.Disjoint) return true;
        if (!IsGoogle(report.Provider) || instrumentation.ReasoningInside) return false;

        // Google's API counts thoughts beside the candidates. An instrumentation that is not known to add them passes that on.
        report.Flags |= CallFlags.Ambiguous;
        return true;
    }

    private static bool IsGoogle(string provider) => provider.StartsWith("gcp.", StringComparison.Ordinal);

    private static bool IsAnthropic(CallReport report) =>
        report.Provider == "anthropic" || report.Model.Contains("claude", StringComparison.OrdinalIgnoreCase);

    private static uint TakeFrom(ref long rest, long part, CallReport report)
    {
        if (part <= 0) return 0;
        if (part > rest)
        {
            report.Flags |= CallFlags.Ambiguous;
            part = rest;
        }

        rest -= part;
        return (uint)part;
    }
}
