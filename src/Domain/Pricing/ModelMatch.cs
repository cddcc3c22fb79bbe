using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FinOps.Domain.Pricing;

/// <summary>
/// Decides whether a model's name belongs to an entry of the price book, by the catalogue's clauses (equals, starts_with, ends_with,
/// contains, regex, and, or). Names are compared in lower case. <see cref="ToString"/> is the clause as JSON. A tenant's price may have the clause
/// <c>entry</c> instead: whatever the list finds under that entry, also when the list changes its clauses.
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
        Entry,
    }

    private readonly Kind _kind;
    private readonly string _text;
    private readonly string _original;
    private readonly Lazy<Regex>? _regex;
    private readonly ModelMatch[] _parts;
    private readonly string _json;

    private ModelMatch(Kind kind, string text, ModelMatch[] parts, string json)
    {
        _kind = kind;
        _original = text;
        _text = kind == Kind.Regex ? text : text.ToLowerInvariant();
        _parts = parts;
        _json = json;
        if (kind == Kind.Regex)
            _regex = new Lazy<Regex>(() => new Regex(_text, RegexOptions.CultureInvariant, RegexTimeout));
    }

    /// <summary>Exactly this name.</summary>
    public static ModelMatch Exactly(string name) => new(Kind.Equal, name, [], Clause("equals", name));

    /// <summary>Whatever the public list finds under this entry; the name alone where the list has no such entry.</summary>
    public static ModelMatch OfEntry(string entry) => new(Kind.Entry, entry, [], Clause("entry", entry));

    /// <summary>Every name: a price or discount for all of a seller's models.</summary>
    public static ModelMatch Every { get; } = Parse("""{"starts_with":""}""");

    /// <exception cref="FormatException">The clause is not one of the known ones.</exception>
    public static ModelMatch Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (JsonException unreadable)
        {
            throw new FormatException("A match clause is not JSON.", unreadable);
        }
    }

    /// <summary>Reads a clause that a person or a program told; otherwise says what is wrong.</summary>
    public static bool TryParse(string json, [NotNullWhen(true)] out ModelMatch? match, [NotNullWhen(false)] out string? problem)
    {
        (match, problem) = (null, null);
        try
        {
            match = Parse(json);
            problem = match.FindProblem();
        }
        catch (Exception unreadable) when (unreadable is FormatException or InvalidOperationException)
        {
            problem = unreadable.Message;
        }

        if (problem is not null) match = null;
        return match is not null;
    }

    /// <summary>Why the clause can match nothing; null where it can. A pattern that cannot be read must be refused before it meets a call.</summary>
    internal string? FindProblem()
    {
        if (_kind is Kind.Equal or Kind.Entry && _text.Trim().Length == 0) return "A match clause has an empty name.";
        if (_text.Any(char.IsControl)) return "A match clause has control characters.";
        try
        {
            _ = _regex?.Value;
        }
        catch (ArgumentException unreadable)
        {
            return $"The pattern cannot be read: {unreadable.Message}";
        }

        return _kind is Kind.And or Kind.Or && _parts.Length == 0 ? "A match clause has no parts." : Array.Find(_parts, part => part.FindProblem() is not null)?.FindProblem();
    }

    /// <summary>The entry of the list that the clause goes by; null for a clause that looks at the name.</summary>
    public string? Entry => _kind == Kind.Entry ? _original : null;

    /// <summary>The one name that is matched; null where there may be several.</summary>
    public string? Name => _kind is Kind.Equal or Kind.Entry ? _original : null;

    /// <summary>How much the clause takes in, for which of a tenant's own goes first: one name, an entry, a pattern, everything.</summary>
    internal int Breadth => _kind switch
    {
        Kind.Equal => 0,
        Kind.Entry => 1,
        Kind.StartsWith or Kind.EndsWith or Kind.Contains when _text.Length == 0 => 3,
        _ => 2,
    };

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
                case "entry" when depth == 0: return Leaf(Kind.Entry, property);
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
            case Kind.Equal or Kind.Entry: return string.Equals(name, _text, StringComparison.Ordinal);
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
