namespace FinOps.Domain.Usage;

/// <summary>The attribution dimensions that a call carries.</summary>
public enum Tag : byte
{
    Feature = 0,
    User = 1,
    Team = 2,
    /// <summary>The customer of our tenant. Never the tenant itself: that comes from the key alone.</summary>
    Customer = 3,
    Environment = 4,
    Service = 5,
    Session = 6,
    /// <summary><c>http.route</c> (else the name) of the nearest SERVER ancestor span (or of the span itself if it is one).</summary>
    Endpoint = 7,
}

/// <summary>
/// Where a tag's value was found. What the key binds wins; of the others a lower non-zero level does: the span, then the nearest ancestor, then the resource.
/// The numbers are stored.
/// </summary>
public enum TagLevel : byte
{
    None = 0,
    Span = 1,
    /// <summary>Only in settled rows: taken over from an ancestor, or from another report of the same call.</summary>
    Inherited = 2,
    Resource = 3,
    /// <summary>Only in rows of before keys bound their tags: given by the key where nothing else told the tag.</summary>
    Key = 4,

    /// <summary>Fixed by the key that sent the span, whatever the telemetry says.</summary>
    Bound = 5,
}

/// <summary>The tags of one span, with the level at which each was found. A missing value is the empty string.</summary>
public struct TagSet
{
    public const int Count = 8;

    private string? _feature, _user, _team, _customer, _environment, _service, _session, _endpoint;

    /// <summary>Three bits for each tag, in the order of <see cref="Tag"/>.</summary>
    public uint PackedLevels;

    /// <summary>Whether any tag is <see cref="TagLevel.Bound"/>: the one level whose three bits are 101.</summary>
    public readonly bool HasBound => (PackedLevels & ~(PackedLevels >> 1) & (PackedLevels >> 2) & 0b001_001_001_001_001_001_001_001) != 0;

    public readonly string this[Tag tag] => tag switch
    {
        Tag.Feature => _feature,
        Tag.User => _user,
        Tag.Team => _team,
        Tag.Customer => _customer,
        Tag.Environment => _environment,
        Tag.Service => _service,
        Tag.Session => _session,
        Tag.Endpoint => _endpoint,
        _ => throw new ArgumentOutOfRangeException(nameof(tag), tag, null),
    } ?? "";

    public readonly TagLevel Level(Tag tag) => (TagLevel)((PackedLevels >> (3 * (int)tag)) & 7);

    public void Set(Tag tag, string value, TagLevel level)
    {
        switch (tag)
        {
            case Tag.Feature: _feature = value; break;
            case Tag.User: _user = value; break;
            case Tag.Team: _team = value; break;
            case Tag.Customer: _customer = value; break;
            case Tag.Environment: _environment = value; break;
            case Tag.Service: _service = value; break;
            case Tag.Session: _session = value; break;
            case Tag.Endpoint: _endpoint = value; break;
            default: throw new ArgumentOutOfRangeException(nameof(tag), tag, null);
        }

        var shift = 3 * (int)tag;
        PackedLevels = (PackedLevels & ~(7u << shift)) | ((uint)level << shift);
    }

    /// <summary>Sets the value only where nothing of an equal or better level stands yet, and the value is not empty.</summary>
    public void Offer(Tag tag, string? value, TagLevel level)
    {
        if (string.IsNullOrEmpty(value)) return;
        var present = Level(tag);
        if (present == TagLevel.None || level < present) Set(tag, value, level);
    }
}
