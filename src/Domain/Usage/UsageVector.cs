namespace FinOps.Domain.Usage;

/// <summary>
/// What one attempt used, in disjoint parts: no token stands in two of them, so that parts can be priced and summed.
/// Units are tokens unless the name says otherwise. Parts that the telemetry does not tell stay in the part that
/// contains them: cached input in <see cref="InputFresh"/>, reasoning in <see cref="OutputText"/>, an unsplit cache
/// write in <see cref="CacheWrite5m"/>; <see cref="UsageParts"/> says which were told.
/// </summary>
public struct UsageVector : IEquatable<UsageVector>
{
    /// <summary>Input tokens neither read from nor written to a prompt cache, without audio and image tokens.</summary>
    public uint InputFresh;

    /// <summary>Input tokens read from a prompt cache, without <see cref="CacheReadAudio"/> and <see cref="CacheReadImage"/>.</summary>
    public uint CacheRead;

    /// <summary>Input tokens written to a prompt cache with a life of five minutes (or of unknown life: a lower bound).</summary>
    public uint CacheWrite5m;

    /// <summary>Input tokens written to a prompt cache with a life of an hour or more.</summary>
    public uint CacheWrite1h;

    /// <summary>Output tokens without reasoning, audio and image tokens.</summary>
    public uint OutputText;

    /// <summary>Reasoning ("thinking") tokens, billed as output.</summary>
    public uint OutputReasoning;

    /// <summary>Audio tokens of the input, uncached.</summary>
    public uint InputAudio;

    /// <summary>Audio tokens of the output.</summary>
    public uint OutputAudio;

    /// <summary>Image tokens of the input, uncached.</summary>
    public uint InputImage;

    /// <summary>Image tokens of the output.</summary>
    public uint OutputImage;

    /// <summary>Web searches that the provider ran on the server and bills each.</summary>
    public uint WebSearches;

    /// <summary>Time on a GPU that the caller rents, in milliseconds.</summary>
    public uint GpuMilliseconds;

    // What few calls use: stored in one column, see OtherUsage.

    /// <summary>Audio tokens of the input, read from a prompt cache.</summary>
    public uint CacheReadAudio;

    /// <summary>Image tokens of the input, read from a prompt cache.</summary>
    public uint CacheReadImage;

    /// <summary>Sound that is billed by its length instead of by tokens (a transcription, a voice session), in milliseconds.</summary>
    public uint AudioMilliseconds;

    /// <summary>Pictures that were made and are billed each; <see cref="CallReport.Variant"/> tells their quality and size.</summary>
    public uint Images;

    /// <summary>Searches in files or stores that the provider ran on the server and bills each.</summary>
    public uint FileSearches;

    /// <summary>Sessions of a code interpreter that the provider ran and bills each.</summary>
    public uint CodeSessions;

    /// <summary>What rerankers bill by: one query over so many documents.</summary>
    public uint SearchUnits;

    /// <summary>Tokens kept in a prompt cache that is billed by time (Gemini's explicit caches) × hours.</summary>
    public uint CacheStorageTokenHours;

    /// <summary>All input tokens, cached ones included.</summary>
    public readonly ulong InputTotal => (ulong)InputFresh + CacheReadTotal + CacheWrite5m + CacheWrite1h + InputAudio + InputImage;

    /// <summary>All input tokens read from a prompt cache, of any modality.</summary>
    public readonly ulong CacheReadTotal => (ulong)CacheRead + CacheReadAudio + CacheReadImage;

    /// <summary>All output tokens, reasoning included.</summary>
    public readonly ulong OutputTotal => (ulong)OutputText + OutputReasoning + OutputAudio + OutputImage;

    /// <summary>Tokens written to a prompt cache, of any life.</summary>
    public readonly ulong CacheWriteTotal => (ulong)CacheWrite5m + CacheWrite1h;

    /// <summary>Whether anything was used that is not a token: searches, pictures, sound, time, storage.</summary>
    public readonly bool HasCounts =>
        (WebSearches | GpuMilliseconds | AudioMilliseconds | Images | FileSearches | CodeSessions | SearchUnits | CacheStorageTokenHours) != 0;

    /// <summary>Whether any of the parts of <see cref="OtherUsage"/> was used.</summary>
    public readonly bool HasOther =>
        (CacheReadAudio | CacheReadImage | AudioMilliseconds | Images | FileSearches | CodeSessions | SearchUnits | CacheStorageTokenHours) != 0;

    public readonly bool Equals(UsageVector other) =>
        InputFresh == other.InputFresh && CacheRead == other.CacheRead && CacheWrite5m == other.CacheWrite5m
        && CacheWrite1h == other.CacheWrite1h && OutputText == other.OutputText && OutputReasoning == other.OutputReasoning
        && InputAudio == other.InputAudio && OutputAudio == other.OutputAudio && InputImage == other.InputImage
        && OutputImage == other.OutputImage && WebSearches == other.WebSearches && GpuMilliseconds == other.GpuMilliseconds
        && CacheReadAudio == other.CacheReadAudio && CacheReadImage == other.CacheReadImage && AudioMilliseconds == other.AudioMilliseconds
        && Images == other.Images && FileSearches == other.FileSearches && CodeSessions == other.CodeSessions && SearchUnits == other.SearchUnits
        && CacheStorageTokenHours == other.CacheStorageTokenHours;

    public override readonly bool Equals(object? obj) => obj is UsageVector other && Equals(other);

    public override readonly int GetHashCode() =>
        HashCode.Combine(InputTotal, OutputTotal, CacheRead, CacheWriteTotal, OutputReasoning, WebSearches);
}

/// <summary>Which parts of a usage vector the telemetry told. The report with most parts supplies a call's vector.</summary>
[Flags]
public enum UsageParts : ushort
{
    None = 0,
    Input = 1 << 0,
    Output = 1 << 1,
    CacheRead = 1 << 2,
    CacheWrite = 1 << 3,
    /// <summary>The split of cache writes by life was told.</summary>
    CacheWriteSplit = 1 << 4,
    Reasoning = 1 << 5,
    Audio = 1 << 6,
    Image = 1 << 7,
    WebSearches = 1 << 8,
    GpuTime = 1 << 9,
    AudioTime = 1 << 10,
    Images = 1 << 11,
    /// <summary>File searches or code sessions.</summary>
    Tools = 1 << 12,
    SearchUnits = 1 << 13,
    CacheStorage = 1 << 14,
}

/// <summary>Who counted the tokens.</summary>
public enum UsageSource : byte
{
    /// <summary>No token counts at all.</summary>
    Missing = 0,
    /// <summary>The instrumentation's own tokenizer, or our estimate.</summary>
    Estimated = 1,
    /// <summary>The provider's answer.</summary>
    Reported = 2,
}
