using System.Text.Json;
using System.Text.RegularExpressions;

namespace FinOps.Gateway.Structure;

/// <summary>Whether a value is what a schema asks for.</summary>
internal enum SchemaVerdict : byte
{
    Valid,
    Invalid,

    /// <summary>It could not be told: a reference elsewhere, or more than the limits allow. Passes.</summary>
    Unknown,
}

/// <summary>
/// JSON Schema as far as OpenAI's strict mode and Anthropic's tools document it: type, properties, required, additionalProperties, items, prefixItems, enum, const, anyOf, oneOf, allOf,
/// references within the document, and limits of numbers, lengths and counts, and patterns. What it does not know it passes: a good answer is never called a bad one. Work is bounded.
/// </summary>
internal sealed class SchemaCheck
{
    /// <summary>Schemas inside each other that are looked at.</summary>
    public const int MaxDepth = 64;

    /// <summary>Pairs of a value and a schema that are looked at.</summary>
    public const int MaxSteps = 100_000;

    /// <summary>Letters of a pattern; a longer one is passed.</summary>
    public const int MaxPatternLength = 1_000;

    /// <summary>Patterns that take longer on a text are passed.</summary>
    private static readonly TimeSpan PatternTime = TimeSpan.FromMilliseconds(50);

    private readonly JsonElement _root;
    private readonly bool _knowsReferences;
    private int _steps;

    private SchemaCheck(JsonElement root)
    {
        _root = root;
        // A schema with an id of its own is another document, in which a reference means something else.
        _knowsReferences = !root.GetRawText().Contains("\"$id\"", StringComparison.Ordinal);
    }

    public static SchemaVerdict Of(JsonElement schema, JsonElement value) => new SchemaCheck(schema).Check(schema, value, 0);

    private SchemaVerdict Check(JsonElement schema, JsonElement value, int depth)
    {
        if (schema.ValueKind == JsonValueKind.False) return SchemaVerdict.Invalid;
        if (schema.ValueKind != JsonValueKind.Object) return SchemaVerdict.Valid;
        if (depth > MaxDepth || ++_steps > MaxSteps) return SchemaVerdict.Unknown;
        // What stands beside a reference counts in newer drafts and not in older ones.
        if (schema.TryGetProperty("$ref", out var reference)) return Find(reference) is { } found ? Check(found, value, depth + 1) : SchemaVerdict.Unknown;
        var all = IsOfType(schema, value) && HasValue(schema, value) && IsWithin(schema, value) ? SchemaVerdict.Valid : SchemaVerdict.Invalid;
        if (all == SchemaVerdict.Valid && value.ValueKind == JsonValueKind.Object) all = CheckObject(schema, value, depth);
        if (all != SchemaVerdict.Invalid && value.ValueKind == JsonValueKind.Array) all = And(all, CheckArray(schema, value, depth));
        if (all != SchemaVerdict.Invalid && List(schema, "allOf") is { } every)
            foreach (var one in every.EnumerateArray()) all = And(all, Check(one, value, depth + 1));
        if (all != SchemaVerdict.Invalid && List(schema, "anyOf") is { } any) all = And(all, CheckAny(any, value, depth));
        // That exactly one holds would have to be known of all others, too.
        if (all != SchemaVerdict.Invalid && List(schema, "oneOf") is { } either) all = And(all, CheckAny(either, value, depth));
        return all;
    }

    private static SchemaVerdict And(SchemaVerdict one, SchemaVerdict other) =>
        one == SchemaVerdict.Invalid || other == SchemaVerdict.Invalid ? SchemaVerdict.Invalid : one == SchemaVerdict.Unknown ? one : other;

    private SchemaVerdict CheckAny(JsonElement schemas, JsonElement value, int depth)
    {
        if (schemas.GetArrayLength() == 0) return SchemaVerdict.Unknown;
        var any = SchemaVerdict.Invalid;
        foreach (var schema in schemas.EnumerateArray())
        {
            var one = Check(schema, value, depth + 1);
            if (one == SchemaVerdict.Valid) return one;
            if (one == SchemaVerdict.Unknown) any = one;
        }

        return any;
    }

    private JsonElement? Find(JsonElement reference)
    {
        if (!_knowsReferences || reference.ValueKind != JsonValueKind.String || reference.GetString() is not { } path) return null;
        if (path == "#") return _root;
        if (!path.StartsWith("#/", StringComparison.Ordinal)) return null;
        var at = _root;
        foreach (var part in path[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, System.Globalization.NumberStyles.None, null, out var index) && index < at.GetArrayLength()) at = at[index];
            else if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at)) return null;
        }

        return at;
    }

    private static bool IsOfType(JsonElement schema, JsonElement value)
    {
        if (!schema.TryGetProperty("type", out var type)) return true;
        if (type.ValueKind == JsonValueKind.String) return IsOf(type, value);
        if (type.ValueKind != JsonValueKind.Array) return true;
        foreach (var one in type.EnumerateArray())
            if (one.ValueKind != JsonValueKind.String || IsOf(one, value)) return true;
        return false;
    }

    private static bool IsOf(JsonElement type, JsonElement value) => type.GetString() switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && IsWhole(value),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => true,
    };

    private static bool IsWhole(JsonElement number) => number.TryGetDecimal(out var exact) ? exact == decimal.Truncate(exact) : !number.TryGetDouble(out var real) || real == Math.Floor(real);

    private static bool HasValue(JsonElement schema, JsonElement value)
    {
        if (schema.TryGetProperty("const", out var only) && !JsonElement.DeepEquals(only, value)) return false;
        if (List(schema, "enum") is not { } values) return true;
        foreach (var one in values.EnumerateArray())
            if (JsonElement.DeepEquals(one, value)) return true;
        return false;
    }

    private static bool IsWithin(JsonElement schema, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetDouble(out var number):
                return !(Number(schema, "minimum") is { } least && number < least) && !(Number(schema, "maximum") is { } most && number > most)
                    && !(Number(schema, "exclusiveMinimum") is { } above && number <= above) && !(Number(schema, "exclusiveMaximum") is { } below && number >= below);
            case JsonValueKind.String:
                var text = value.GetString()!;
                return IsCount(schema, "minLength", "maxLength", Letters(text)) && FitsPattern(schema, text);
            case JsonValueKind.Array:
                return IsCount(schema, "minItems", "maxItems", value.GetArrayLength());
            case JsonValueKind.Object:
                return IsCount(schema, "minProperties", "maxProperties", value.GetPropertyCount());
            default:
                return true;
        }
    }

    private static int Letters(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }

    private static bool IsCount(JsonElement schema, string least, string most, int count) => !(Number(schema, least) is { } low && count < low) && !(Number(schema, most) is { } high && count > high);

    private static double? Number(JsonElement schema, string name) => schema.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Number && found.TryGetDouble(out var number) ? number : null;

    private static JsonElement? List(JsonElement schema, string name) => schema.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Array ? found : null;

    private static bool FitsPattern(JsonElement schema, string text)
    {
        if (!schema.TryGetProperty("pattern", out var pattern) || pattern.ValueKind != JsonValueKind.String) return true;
        try
        {
            return pattern.GetString() is not { Length: <= MaxPatternLength } expression || Regex.IsMatch(text, expression, RegexOptions.CultureInvariant, PatternTime);
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            // Of a dialect that we do not know, or one that runs away.
            return true;
        }
    }

    private SchemaVerdict CheckObject(JsonElement schema, JsonElement value, int depth)
    {
        var all = SchemaVerdict.Valid;
        if (List(schema, "required") is { } required)
            foreach (var name in required.EnumerateArray())
                if (name.ValueKind == JsonValueKind.String && !value.TryGetProperty(name.GetString()!, out _)) return SchemaVerdict.Invalid;
        var hasProperties = schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object;
        var hasOthers = schema.TryGetProperty("additionalProperties", out var others) && !schema.TryGetProperty("patternProperties", out _);
        if (!hasProperties && !hasOthers) return all;
        foreach (var property in value.EnumerateObject())
        {
            if (hasProperties && properties.TryGetProperty(property.Name, out var known)) all = And(all, Check(known, property.Value, depth + 1));
            else if (hasOthers) all = And(all, Check(others, property.Value, depth + 1));
            if (all == SchemaVerdict.Invalid) break;
        }

        return all;
    }

    private SchemaVerdict CheckArray(JsonElement schema, JsonElement value, int depth)
    {
        var first = List(schema, "prefixItems");
        var hasItems = schema.TryGetProperty("items", out var items);
        if (first is null && !hasItems) return SchemaVerdict.Valid;
        var (all, at) = (SchemaVerdict.Valid, 0);
        foreach (var one in value.EnumerateArray())
        {
            if (first is { } firsts && at < firsts.GetArrayLength()) all = And(all, Check(firsts[at], one, depth + 1));
            else if (hasItems) all = And(all, Check(items, one, depth + 1));
            if (all == SchemaVerdict.Invalid) break;
            at++;
        }

        return all;
    }
}
