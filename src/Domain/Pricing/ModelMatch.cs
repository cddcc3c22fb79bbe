using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FinOps.Domain.Pricing;

/// <summary>
/// Decides whether a model's name belongs to an entry of the price book, by the catalogue's clauses (equals, starts_with, ends_with,
/// contains, regex, and, or). Names are compared in lower case. <see cref="ToString"/> is the clause as JSON.
/// </summary>
public sealed class ModelMatch : IEquatable<ModelMatch>
{
    /// <summary>Deeper clauses are refused: no catalogue nests more than three.</summary>
    private const int MaxDepth = 8;

    /// <summary>A pattern that takes longer on one name does not match it.</summary>
    private static readonly TimeSpan RegexTimeout = TimeSpan.FromMilliseconds(50);

    private enum Kind
    {
        Equal,
        StartsWith,
        EndsWith,
        Contains,
        Regex,
        And,
        Or,
    }

    private readonly Kind _kind;
    private readonly string _text;
    private readonly Lazy<Regex>? _regex;
    private readonly ModelMatch[] _parts;
    private readonly string _json;

    private ModelMatch(Kind kind, string text, ModelMatch[] parts, string json)
    {
        _kind = kind;
        _text = kind == Kind.Regex ? text : text.ToLowerInvariant();
        _parts = parts;
        _json = json;
        if (kind == Kind.Regex)
            _regex = new Lazy<Regex>(() => new Regex(_text, RegexOptions.CultureInvariant, RegexTimeout));
    }

    /// <summary>Exactly this name.</summary>
    public static ModelMatch Exactly(string name) => new(Kind.Equal, name, [], Clause("equals", name));

    /// <exception cref="FormatException">The clause is not one of the known ones.</exception>
    public static ModelMatch Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement);
    }

    internal static ModelMatch Parse(JsonElement clause, int depth = 0)
    {
        if (depth > MaxDepth) throw new FormatException("A match clause is nested too deep.");
        if (clause.ValueKind != JsonValueKind.Object) throw new FormatException("A match clause is not an object.");
        foreach (var property in clause.EnumerateObject())
        {
            switch (property.Name)
            {
                case "equals": return Leaf(Kind.Equal, property);
                case "starts_with": return Leaf(Kind.StartsWith, property);
                case "ends_with": return Leaf(Kind.EndsWith, property);
                case "contains": return Leaf(Kind.Contains, property);
                case "regex": return Leaf(Kind.Regex, property);
                case "and": return Group(Kind.And, property, depth);
                case "or": return Group(Kind.Or, property, depth);
                default: throw new FormatException($"Unknown match clause '{property.Name}'.");
            }
        }

        throw new FormatException("An empty match clause.");
    }

    /// <param name="name">The model's name in lower case.</param>
    public bool IsMatch(string name)
    {
        switch (_kind)
        {
            case Kind.Equal: return string.Equals(name, _text, StringComparison.Ordinal);
            case Kind.StartsWith: return name.StartsWith(_text, StringComparison.Ordinal);
            case Kind.EndsWith: return name.EndsWith(_text, StringComparison.Ordinal);
            case Kind.Contains: return name.Contains(_text, StringComparison.Ordinal);
            case Kind.Regex:
                try
                {
                    return _regex!.Value.IsMatch(name);
                }
                catch (RegexMatchTimeoutException)
                {
                    return false; // the name stays unpriced, which is counted and shown
                }

            case Kind.And: return Array.TrueForAll(_parts, p => p.IsMatch(name));
            default: return Array.Exists(_parts, p => p.IsMatch(name));
        }
    }

    public bool Equals(ModelMatch? other) => other is not null && _json == other._json;

    public override bool Equals(object? obj) => Equals(obj as ModelMatch);

    public override int GetHashCode() => _json.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _json;

    private static ModelMatch Leaf(Kind kind, JsonProperty property)
    {
        var text = property.Value.GetString() ?? throw new FormatException($"The match clause '{property.Name}' has no text.");
        return new ModelMatch(kind, text, [], Clause(property.Name, text));
    }

    private static ModelMatch Group(Kind kind, JsonProperty property, int depth)
    {
        var parts = property.Value.EnumerateArray().Select(p => Parse(p, depth + 1)).ToArray();
        return new ModelMatch(kind, "", parts, $"{{\"{property.Name}\":[{string.Join(',', parts.Select(p => p._json))}]}}");
    }

    // Our own spelling rather than the source's, so that the text, and the id made from it, do not hang on white space or escapes.
    private static string Clause(string name, string text)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString(name, text);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
