using FinOps.Domain.Usage;

namespace FinOps.Gateway.Metering;

/// <summary>A provider's usage object as it stands. -1 = not told. What is told again takes the place of what was told before: streams repeat their totals.</summary>
internal struct UsageNumbers
{
    public const long Untold = -1;

    /// <summary>No provider counts more in one call; what is beyond is no count.</summary>
    private const long MaxCount = uint.MaxValue;

    public long Input, Output, CacheRead, CacheWrite, CacheWrite5m, CacheWrite1h, Reasoning;
    public long InputAudio, InputImage, OutputAudio, OutputImage, CachedAudio, CachedImage;
    public long WebSearches, FileSearches, AudioMilliseconds;

    public static UsageNumbers None { get; } = new()
    {
        Input = Untold,
        Output = Untold,
        CacheRead = Untold,
        CacheWrite = Untold,
        CacheWrite5m = Untold,
        CacheWrite1h = Untold,
        Reasoning = Untold,
        InputAudio = Untold,
        InputImage = Untold,
        OutputAudio = Untold,
        OutputImage = Untold,
        CachedAudio = Untold,
        CachedImage = Untold,
        WebSearches = Untold,
        FileSearches = Untold,
        AudioMilliseconds = Untold,
    };

    public readonly bool IsTold => Input >= 0 || Output >= 0 || AudioMilliseconds >= 0;

    /// <summary>More than zeros: a batch that is not done tells those.</summary>
    public readonly bool HasAny => Input > 0 || Output > 0 || AudioMilliseconds > 0;

    public static void Set(ref long count, long value)
    {
        if (value is >= 0 and <= MaxCount) count = value;
    }

    /// <summary>Disjoint parts, as every rating takes them. OpenAI's input includes what was cached, Anthropic's does not.</summary>
    public readonly UsageVector ToVector(bool inputIncludesCache)
    {
        var read = Or0(CacheRead);
        var write = Math.Max(Or0(CacheWrite), Or0(CacheWrite5m) + Or0(CacheWrite1h));
        var write1h = Math.Min(write, Or0(CacheWrite1h));
        var cachedAudio = Math.Min(read, Or0(CachedAudio));
        var cachedImage = Math.Min(read - cachedAudio, Or0(CachedImage));
        var fresh = inputIncludesCache ? Math.Max(0, Or0(Input) - read - write) : Or0(Input);
        var audio = Math.Min(fresh, Math.Max(0, Or0(InputAudio) - cachedAudio));
        var image = Math.Min(fresh - audio, Math.Max(0, Or0(InputImage) - cachedImage));
        var output = Or0(Output);
        // More reasoning than output: the host counts it beside.
        var reasoning = Or0(Reasoning);
        var text = reasoning > output ? output : output - reasoning;
        var outputAudio = Math.Min(text, Or0(OutputAudio));
        var outputImage = Math.Min(text - outputAudio, Or0(OutputImage));
        return new UsageVector
        {
            InputFresh = (uint)(fresh - audio - image),
            InputAudio = (uint)audio,
            InputImage = (uint)image,
            CacheRead = (uint)(read - cachedAudio - cachedImage),
            CacheReadAudio = (uint)cachedAudio,
            CacheReadImage = (uint)cachedImage,
            CacheWrite5m = (uint)(write - write1h),
            CacheWrite1h = (uint)write1h,
            OutputText = (uint)(text - outputAudio - outputImage),
            OutputAudio = (uint)outputAudio,
            OutputImage = (uint)outputImage,
            OutputReasoning = (uint)reasoning,
            WebSearches = (uint)Or0(WebSearches),
            FileSearches = (uint)Or0(FileSearches),
            AudioMilliseconds = (uint)Or0(AudioMilliseconds),
        };
    }

    private static long Or0(long count) => Math.Max(0, count);
}
