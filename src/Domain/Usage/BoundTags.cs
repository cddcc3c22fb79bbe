namespace FinOps.Domain.Usage;

/// <summary>
/// The tags that a key fixes for every span sent with it, so that attribution cannot be made up: whatever span, ancestors and resource say of these tags is
/// ignored. A span below, sent with another key, inherits them as if the span told them itself.
/// </summary>
public sealed class BoundTags
{
    public static BoundTags None { get; } = new([]);

    private readonly string?[] _values = new string?[TagSet.Count];

    public BoundTags(IEnumerable<KeyValuePair<Tag, string>> values)
    {
        foreach (var (tag, value) in values)
        {
            if (value.Length == 0) continue;
            _values[(int)tag] = value;
            IsEmpty = false;
        }
    }

    /// <summary>The tags that a key can bind: those that say whose the spending is.</summary>
    public static IReadOnlyList<Tag> Bindable { get; } = [Tag.Feature, Tag.Team, Tag.Environment, Tag.Customer];

    public bool IsEmpty { get; } = true;

    /// <summary>The value bound to the tag, or null.</summary>
    public string? this[Tag tag] => _values[(int)tag];

    /// <summary>Sets each bound tag, in place of whatever stands there.</summary>
    public void BindTo(ref TagSet tags)
    {
        if (IsEmpty) return;
        for (var index = 0; index < _values.Length; index++)
            if (_values[index] is { } value) tags.Set((Tag)index, value, TagLevel.Bound);
    }
}
