using System.Text;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>Finds the attribution tags among a span's or a resource's attributes. Empty values count as not told.</summary>
internal static class TagRules
{
    private static readonly (Tag Tag, Field Field, bool People)[] Plain =
    [
        (Tag.Feature, Field.TagFeature, false),
        (Tag.User, Field.TagUser, true),
        (Tag.Team, Field.TagTeam, false),
        (Tag.Customer, Field.TagCustomer, true),
        (Tag.Environment, Field.TagEnvironment, false),
        (Tag.Service, Field.TagService, false),
        (Tag.Session, Field.TagSession, true),
    ];

    // Keys inside metadata objects and tag lists.
    private static readonly (string Key, Tag Tag)[] Keys =
    [
        ("feature", Tag.Feature),
        ("user_id", Tag.User),
        ("userId", Tag.User),
        ("user", Tag.User),
        ("team", Tag.Team),
        ("cost_center", Tag.Team),
        ("tenant", Tag.Customer),
        ("tenant_id", Tag.Customer),
        ("tenantId", Tag.Customer),
        ("customer", Tag.Customer),
        ("customer_id", Tag.Customer),
        ("customerId", Tag.Customer),
        ("environment", Tag.Environment),
        ("env", Tag.Environment),
        ("session_id", Tag.Session),
        ("sessionId", Tag.Session),
        ("session", Tag.Session),
    ];

    private static readonly byte[][] KeyBytes = [.. Keys.Select(key => Encoding.UTF8.GetBytes(key.Key))];

    private static readonly FieldSet Indirect = new(Field.MetadataJson, Field.TagList, Field.TagFeatureFallback);

    /// <summary>Sets every tag that the attributes tell, at the level; a tag of the same level that stands already is replaced.</summary>
    public static void Read(ReadOnlySpan<byte> body, AttributeSet attributes, TagLevel level, RequestTexts texts, MappingLimits limits, ref TagSet tags)
    {
        foreach (var (tag, field, people) in Plain)
        {
            for (var place = 0; attributes.TryGetAfter(field, ref place, out var value);)
            {
                var text = Text(body, value, people, texts);
                if (text.Length == 0) continue;
                tags.Set(tag, text, level);
                break;
            }
        }

        if (!attributes.HasAny(Indirect)) return;
        if (attributes.TryGet(Field.MetadataJson, out var metadata) && metadata.Kind == ValueKind.String && metadata.Text.Length <= limits.MaxJsonBytes)
            ReadMetadata(metadata.Text.In(body), level, texts, ref tags);
        if (attributes.TryGet(Field.TagList, out var list)) ReadList(body, list, level, texts, limits, ref tags);
        if (tags.Level(Tag.Feature) != level && attributes.TryGet(Field.TagFeatureFallback, out var fallback))
        {
            var text = Text(body, fallback, people: false, texts);
            if (text.Length != 0) tags.Set(Tag.Feature, text, level);
        }
    }

    private static string Text(ReadOnlySpan<byte> body, AttributeValue value, bool people, RequestTexts texts)
    {
        if (value.Kind == ValueKind.String)
        {
            var utf8 = value.Text.In(body);
            return people ? texts.Person(utf8) : texts.Name(utf8);
        }

        // A numeric user or customer id.
        return value.Kind == ValueKind.Int && value.TryLong(body, out var number) ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : "";
    }

    private static void ReadMetadata(ReadOnlySpan<byte> json, TagLevel level, RequestTexts texts, ref TagSet tags)
    {
        var walker = new JsonWalker(json);
        if (!walker.Read() || walker.Token != JsonToken.StartObject) return;
        while (walker.Read() && walker.Token == JsonToken.Name)
        {
            var name = walker.Value;
            if (!walker.Read()) return;
            if (walker.Token is JsonToken.Text or JsonToken.Number) Offer(name, walker.Value, level, texts, ref tags);
            else if (!walker.SkipChildren()) return;
        }
    }

    /// <summary>"team:payments" in an array, in a JSON array inside a string, or in a comma-separated string.</summary>
    private static void ReadList(ReadOnlySpan<byte> body, AttributeValue list, TagLevel level, RequestTexts texts, MappingLimits limits, ref TagSet tags)
    {
        if (list.Kind == ValueKind.Array)
        {
            foreach (var item in new ArrayItems(body, list.Text))
                if (item.Kind == ValueKind.String) OfferPair(item.Text.In(body), level, texts, ref tags);
            return;
        }

        if (list.Kind != ValueKind.String || list.Text.Length > limits.MaxJsonBytes) return;
        var text = list.Text.In(body);
        var walker = new JsonWalker(text);
        if (walker.Read() && walker.Token == JsonToken.StartArray)
        {
            while (walker.Read() && walker.Token == JsonToken.Text) OfferPair(walker.Value, level, texts, ref tags);
            return;
        }

        foreach (var range in text.Split((byte)',')) OfferPair(text[range].Trim((byte)' '), level, texts, ref tags);
    }

    private static void OfferPair(ReadOnlySpan<byte> pair, TagLevel level, RequestTexts texts, ref TagSet tags)
    {
        var separator = pair.IndexOfAny((byte)':', (byte)'=');
        if (separator > 0) Offer(pair[..separator], pair[(separator + 1)..], level, texts, ref tags);
    }

    private static void Offer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, TagLevel level, RequestTexts texts, ref TagSet tags)
    {
        if (value.IsEmpty) return;
        for (var index = 0; index < KeyBytes.Length; index++)
        {
            if (!key.SequenceEqual(KeyBytes[index])) continue;
            var tag = Keys[index].Tag;
            if (tags.Level(tag) == level) return;
            var people = tag is Tag.User or Tag.Customer or Tag.Session;
            var text = value.IndexOf((byte)'\\') >= 0 ? JsonText.Unescape(value, people ? texts.Person : texts.Name)
                : people ? texts.Person(value)
                : texts.Name(value);
            tags.Set(tag, text, level);
            return;
        }
    }
}
