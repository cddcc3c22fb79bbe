namespace FinOps.Domain.Usage;

/// <summary>The tags that an ingest key gives to every span sent with it, where neither the span, an ancestor nor the resource tells one.</summary>
public sealed class BoundTags
{
    public static BoundTags None { get; } = new([]);

    private readonly string?[] _values = new string?[TagSet.Count];

    public BoundTags(IEnumerable<KeyValuePair<Tag, string>> values)
    {
        foreach (var (tag, value) in values)
            if (value.Length > 0) _values[(int)tag] = value;
    }

    /// <summary>The value bound to the tag, or null.</summary>
    public string? this[Tag tag] => _values[(int)tag];

    /// <summary>Sets each tag that nothing better has set, at <see cref="TagLevel.Key"/>.</summary>
    public void OfferTo(ref TagSet tags)
    {
        for (var index = 0; index < _values.Length; index++)
            tags.Offer((Tag)index, _values[index], TagLevel.Key);
    }
}
