namespace FinOps.Domain.Pricing;

/// <summary>What a price is for. The numbers are part of a price row's id and of the price book's tables: never renumber.</summary>
public enum Meter : byte
{
    Input = 0,
    CacheRead = 1,
    CacheWrite5m = 2,
    CacheWrite1h = 3,
    Output = 4,
    Reasoning = 5,
    InputAudio = 6,
    OutputAudio = 7,
    InputImage = 8,
    OutputImage = 9,
    WebSearch = 10,
    Request = 11,
    GpuTime = 12,

    // Without a part in the usage vector: video, pages, citations, messages. Kept, so that the book is whole and a model with only these is not mistaken for a free one.
    InputVideo = 13,
    OutputVideo = 14,

    /// <summary>Length of sound, whatever its direction: a voice session.</summary>
    AudioTime = 15,

    /// <summary>Length of the sound that was sent: a transcription. Where the book has both, it is this one.</summary>
    InputAudioTime = 16,
    CacheReadAudio = 17,
    CacheReadImage = 18,
    InputPage = 19,
    InputAnnotatedPage = 20,

    /// <summary>Searches in files and stores.</summary>
    StorageSearch = 21,
    OutputCitation = 22,
    InputMessage = 23,
    CacheStorage = 24,
    Image = 25,
    CodeSession = 26,
    SearchUnit = 27,

    /// <summary>A share off the sum of a call's other lines, as a line of its own: the row's price is the share, 0 to 1.</summary>
    Discount = 28,
}

/// <summary>Units of the meters, and the names that the public catalogue gives their prices.</summary>
public static class Meters
{
    internal const int Count = (int)Meter.Discount + 1;

    private const decimal MillisecondsPerHour = 3_600_000m;

    /// <summary>Tokens are discounted by tiers and batches; searches, requests and hours are not.</summary>
    public static bool IsToken(Meter meter) => Unit(meter) == "token";

    public static string Unit(Meter meter) => meter switch
    {
        Meter.WebSearch or Meter.StorageSearch => "search",
        Meter.Request => "request",
        Meter.GpuTime => "millisecond",
        Meter.AudioTime or Meter.InputAudioTime => "hour",
        Meter.InputPage or Meter.InputAnnotatedPage => "page",
        Meter.InputMessage => "message",
        Meter.CacheStorage => "token-hour",
        Meter.Image => "picture",
        Meter.CodeSession => "session",
        Meter.SearchUnit => "search unit",
        Meter.Discount => "USD",
        _ => "token",
    };

    /// <summary>The unit in which a usage vector counts, and how many of it make one <see cref="Unit"/> of the price: sound is sold by the hour and counted in milliseconds.</summary>
    public static (string Unit, decimal PerPricedUnit) Counted(Meter meter) =>
        meter is Meter.AudioTime or Meter.InputAudioTime ? ("millisecond", MillisecondsPerHour) : (Unit(meter), 1m);

    /// <summary>The meter of a price name of the catalogue, and how many units that price is for. Null for a name that we do not know.</summary>
    internal static (Meter Meter, decimal UnitSize)? FromCatalogue(string priceName) => priceName switch
    {
        "input_mtok" => (Meter.Input, 1_000_000m),
        "cache_read_mtok" => (Meter.CacheRead, 1_000_000m),
        "cache_write_mtok" => (Meter.CacheWrite5m, 1_000_000m),
        "cache_write_1h_mtok" => (Meter.CacheWrite1h, 1_000_000m),
        "output_mtok" => (Meter.Output, 1_000_000m),
        "output_reasoning_mtok" => (Meter.Reasoning, 1_000_000m),
        "input_audio_mtok" => (Meter.InputAudio, 1_000_000m),
        "output_audio_mtok" => (Meter.OutputAudio, 1_000_000m),
        "input_image_mtok" => (Meter.InputImage, 1_000_000m),
        "output_image_mtok" => (Meter.OutputImage, 1_000_000m),
        "web_searches_kcount" => (Meter.WebSearch, 1_000m),
        "requests_kcount" => (Meter.Request, 1_000m),
        "input_video_mtok" => (Meter.InputVideo, 1_000_000m),
        "output_video_mtok" => (Meter.OutputVideo, 1_000_000m),
        "audio_hours" => (Meter.AudioTime, 1m),
        "input_audio_hours" => (Meter.InputAudioTime, 1m),
        "cache_audio_read_mtok" => (Meter.CacheReadAudio, 1_000_000m),
        "cache_image_read_mtok" => (Meter.CacheReadImage, 1_000_000m),
        "input_document_kpages" => (Meter.InputPage, 1_000m),
        "input_annotated_document_kpages" => (Meter.InputAnnotatedPage, 1_000m),
        "storage_searches_kcount" => (Meter.StorageSearch, 1_000m),
        "output_citation_mtok" => (Meter.OutputCitation, 1_000_000m),
        "input_text_messages_kcount" => (Meter.InputMessage, 1_000m),
        _ => null,
    };
}
