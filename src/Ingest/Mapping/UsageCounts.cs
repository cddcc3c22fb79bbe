using System.Buffers.Text;

namespace FinOps.Ingest.Mapping;

/// <summary>Token counts as one span told them, before anything is decided about what they mean.</summary>
internal struct UsageCounts
{
    public const long Untold = long.MinValue;

    public long Input, Output, Total, CacheRead, CacheWrite, CacheWrite5m, CacheWrite1h, Reasoning;
    public long InputAudio, InputImage, OutputAudio, OutputImage, CachedAudio, CachedImage, WebSearches, GpuMilliseconds;
    public long AudioMilliseconds, Images, FileSearches, CodeSessions, SearchUnits, CacheStorage;

    /// <summary>The provider's own count of fresh input, from its answer's JSON (Anthropic): it shows whether <see cref="Input"/> includes the cache.</summary>
    public long RawFreshInput;

    /// <summary>The counts come from Langfuse's usage details, whose parts are disjoint.</summary>
    public bool Disjoint;

    /// <summary>The counts come from an OpenAI usage object that was passed through: the input includes the cache.</summary>
    public bool Inclusive;

    public static UsageCounts None { get; } = new()
    {
        Input = Untold,
        Output = Untold,
        Total = Untold,
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
        GpuMilliseconds = Untold,
        AudioMilliseconds = Untold,
        Images = Untold,
        FileSearches = Untold,
        CodeSessions = Untold,
        SearchUnits = Untold,
        CacheStorage = Untold,
        RawFreshInput = Untold,
    };

    public static bool Told(long count) => count != Untold;

    public static long OrZero(long count) => count == Untold ? 0 : count;

    private static readonly FieldSet Rare = new(
        Field.CacheWrite5m, Field.CacheWrite1h, Field.InputAudio, Field.InputImage, Field.OutputAudio, Field.OutputImage, Field.CachedAudio, Field.CachedImage,
        Field.WebSearches, Field.GpuMilliseconds, Field.AudioMilliseconds, Field.Images, Field.FileSearches, Field.CodeSessions, Field.SearchUnits, Field.CacheStorage);

    /// <summary>Reads the plain count attributes.</summary>
    public static UsageCounts Read(ReadOnlySpan<byte> body, AttributeSet attributes)
    {
        var counts = None;
        Take(body, attributes, Field.Input, ref counts.Input);
        Take(body, attributes, Field.Output, ref counts.Output);
        Take(body, attributes, Field.Total, ref counts.Total);
        Take(body, attributes, Field.CacheRead, ref counts.CacheRead);
        Take(body, attributes, Field.CacheWrite, ref counts.CacheWrite);
        Take(body, attributes, Field.Reasoning, ref counts.Reasoning);
        if (!attributes.HasAny(Rare)) return counts;
        Take(body, attributes, Field.CacheWrite5m, ref counts.CacheWrite5m);
        Take(body, attributes, Field.CacheWrite1h, ref counts.CacheWrite1h);
        Take(body, attributes, Field.InputAudio, ref counts.InputAudio);
        Take(body, attributes, Field.InputImage, ref counts.InputImage);
        Take(body, attributes, Field.OutputAudio, ref counts.OutputAudio);
        Take(body, attributes, Field.OutputImage, ref counts.OutputImage);
        Take(body, attributes, Field.CachedAudio, ref counts.CachedAudio);
        Take(body, attributes, Field.CachedImage, ref counts.CachedImage);
        Take(body, attributes, Field.WebSearches, ref counts.WebSearches);
        Take(body, attributes, Field.GpuMilliseconds, ref counts.GpuMilliseconds);
        Take(body, attributes, Field.AudioMilliseconds, ref counts.AudioMilliseconds);
        Take(body, attributes, Field.Images, ref counts.Images);
        Take(body, attributes, Field.FileSearches, ref counts.FileSearches);
        Take(body, attributes, Field.CodeSessions, ref counts.CodeSessions);
        Take(body, attributes, Field.SearchUnits, ref counts.SearchUnits);
        Take(body, attributes, Field.CacheStorage, ref counts.CacheStorage);
        return counts;
    }

    private static void Take(ReadOnlySpan<byte> body, AttributeSet attributes, Field field, ref long count)
    {
        if (attributes.TryGetLong(body, field, out var number)) count = number;
    }

    /// <summary>Sets a count from JSON, unless something told it already.</summary>
    public static void Offer(ref long count, ReadOnlySpan<byte> number)
    {
        if (Told(count)) return;
        if (Utf8Parser.TryParse(number, out long whole, out var used) && used == number.Length) count = whole;
        else if (Utf8Parser.TryParse(number, out double real, out used) && used == number.Length && AttributeValue.TryLong(real, out whole)) count = whole;
    }

    public readonly bool TryFindOutOfRange(long limit, out string name, out long value)
    {
        return Check("input", Input, limit, out name, out value) || Check("output", Output, limit, out name, out value)
            || Check("cache_read", CacheRead, limit, out name, out value) || Check("cache_write", CacheWrite, limit, out name, out value)
            || Check("cache_write_5m", CacheWrite5m, limit, out name, out value) || Check("cache_write_1h", CacheWrite1h, limit, out name, out value)
            || Check("reasoning", Reasoning, limit, out name, out value) || Check("input_audio", InputAudio, limit, out name, out value)
            || Check("input_image", InputImage, limit, out name, out value) || Check("output_audio", OutputAudio, limit, out name, out value)
            || Check("output_image", OutputImage, limit, out name, out value) || Check("cached_audio", CachedAudio, limit, out name, out value)
            || Check("cached_image", CachedImage, limit, out name, out value) || Check("web_searches", WebSearches, limit, out name, out value)
            || Check("total", Total, 2 * limit, out name, out value) || Check("gpu_milliseconds", GpuMilliseconds, uint.MaxValue, out name, out value)
            || Check("audio_milliseconds", AudioMilliseconds, uint.MaxValue, out name, out value) || Check("images", Images, limit, out name, out value)
            || Check("file_searches", FileSearches, limit, out name, out value) || Check("code_sessions", CodeSessions, limit, out name, out value)
            || Check("search_units", SearchUnits, limit, out name, out value) || Check("cache_storage_token_hours", CacheStorage, uint.MaxValue, out name, out value);
    }

    private static bool Check(string name, long count, long limit, out string wrong, out long value)
    {
        wrong = name;
        value = count;
        return Told(count) && (count < 0 || count > limit);
    }
}
