namespace FinOps.Domain.Usage;

/// <summary>
/// The parts of a usage vector that few calls have, by the names under which one column of <c>calls</c> keeps them: a column for each would cost every call.
/// Names are stored: never change one.
/// </summary>
public static class OtherUsage
{
    /// <summary>All names; a part's place in the list is its number.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["cache_read_audio", "cache_read_image", "audio_ms", "images", "file_searches", "code_sessions", "search_units", "cache_storage_token_hours"];

    public static uint Get(in UsageVector usage, int part) => part switch
    {
        0 => usage.CacheReadAudio,
        1 => usage.CacheReadImage,
        2 => usage.AudioMilliseconds,
        3 => usage.Images,
        4 => usage.FileSearches,
        5 => usage.CodeSessions,
        6 => usage.SearchUnits,
        7 => usage.CacheStorageTokenHours,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, null),
    };

    /// <summary>A name that is not known was written by a newer version of the program; it is left out.</summary>
    public static void Set(ref UsageVector usage, string name, uint quantity)
    {
        switch (name)
        {
            case "cache_read_audio": usage.CacheReadAudio = quantity; break;
            case "cache_read_image": usage.CacheReadImage = quantity; break;
            case "audio_ms": usage.AudioMilliseconds = quantity; break;
            case "images": usage.Images = quantity; break;
            case "file_searches": usage.FileSearches = quantity; break;
            case "code_sessions": usage.CodeSessions = quantity; break;
            case "search_units": usage.SearchUnits = quantity; break;
            case "cache_storage_token_hours": usage.CacheStorageTokenHours = quantity; break;
            default: break;
        }
    }
}
