using FinOps.Ingest.Health;

namespace FinOps.Ingest.Mapping;

/// <summary>Makes strings of the request's bytes: within the length limit, counted when cut or not UTF-8. One owner at a time.</summary>
internal sealed class RequestTexts
{
    // Names of a few (models, features, scopes, services) are held apart from those of many (users, sessions), which would push them out.
    private readonly Utf8StringCache _names = new(2048);
    private readonly Utf8StringCache _people = new(32_768);
    private readonly IngestTally _tally;

    public RequestTexts(IngestTally tally) => _tally = tally;

    public int MaxLength { get; set; }

    /// <summary>A name that comes again and again.</summary>
    public string Name(ReadOnlySpan<byte> utf8) => Make(utf8, _names);

    /// <summary>A name of one among many: a user, a customer, a session.</summary>
    public string Person(ReadOnlySpan<byte> utf8) => Make(utf8, _people);

    /// <summary>A text that hardly comes again: an id.</summary>
    public string Once(ReadOnlySpan<byte> utf8) => Make(utf8, null);

    /// <summary>A text that comes again, within a limit of its own that its reader keeps.</summary>
    public string Whole(ReadOnlySpan<byte> utf8) => _names.Get(utf8, out _);

    private string Make(ReadOnlySpan<byte> utf8, Utf8StringCache? cache)
    {
        if (utf8.Length == 0) return "";
        var cut = false;
        if (utf8.Length > 4 * MaxLength)
        {
            // No UTF-16 unit takes more than three bytes, so what is needed lies within; a torn last character is cut off below.
            utf8 = utf8[..(4 * MaxLength)];
            cut = true;
        }

        // Whether the whole attribute is UTF-8 was checked, and is counted, where it was read.
        var text = cache is null ? Utf8StringCache.Decode(utf8, out _) : cache.Get(utf8, out _);
        if (text.Length > MaxLength)
        {
            var length = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
            text = text[..length];
            cut = true;
        }

        if (cut) _tally.Count(IngestReason.ValueCut);
        return text;
    }
}
