using System.Globalization;
using System.Text.Json;

namespace FinOps.Domain.Policies;

/// <summary>The fields of one JSON object: each is asked for once, with its bounds, and what nobody asked for is an error. <c>null</c> is as if a field were not there.</summary>
internal sealed class Fields
{
    private readonly JsonElement _element;
    private readonly PolicyErrors _errors;
    private readonly bool _isObject;
    private readonly List<string> _known = [];

    public Fields(JsonElement element, string path, PolicyErrors errors)
    {
        (_element, Path, _errors) = (element, path, errors);
        _isObject = element.ValueKind == JsonValueKind.Object;
        if (!_isObject)
        {
            errors.Add(path, $"Here stands {Kind(element)}, not an object.", "Write { … }.");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (!seen.Add(property.Name)) errors.Add(Of(Shown(property.Name)), "The field stands twice.", "Leave one.");
        }
    }

    public string Path { get; }

    public string Of(string name) => $"{Path}.{name}";

    public bool TryGet(string name, out JsonElement value)
    {
        _known.Add(name);
        value = default;
        return _isObject && _element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    public bool TryRequire(string name, string remedy, out JsonElement value)
    {
        if (TryGet(name, out value)) return true;
        if (_isObject) _errors.Add(Of(name), "The field is missing.", remedy);
        return false;
    }

    /// <summary>Null where it is missing or wrong.</summary>
    public string? Text(string name, int maxLength, int minLength = 1) => TryGet(name, out var value) ? TextOf(value, Of(name), maxLength, minLength) : null;

    public string? RequireText(string name, int maxLength, string remedy) => TryRequire(name, remedy, out var value) ? TextOf(value, Of(name), maxLength, 1) : null;

    public long? Whole(string name, long least, long most) => TryGet(name, out var value) ? WholeOf(value, Of(name), least, most) : null;

    public long? RequireWhole(string name, long least, long most) =>
        TryRequire(name, string.Create(CultureInfo.InvariantCulture, $"Write a whole number from {least} to {most}."), out var value) ? WholeOf(value, Of(name), least, most) : null;

    /// <summary>Above 0.</summary>
    public decimal? Amount(string name, decimal most)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var amount) && amount > 0 && amount <= most) return amount;
        _errors.Add(Of(name), $"{Kind(value)} is no amount of dollars.", string.Create(CultureInfo.InvariantCulture, $"Write a number above 0 and up to {most}."));
        return null;
    }

    /// <summary>0 to 1.</summary>
    public double? RequireFraction(string name)
    {
        const string remedy = "Write a number from 0 to 1.";
        if (!TryRequire(name, remedy, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var fraction) && fraction is >= 0 and <= 1) return fraction;
        _errors.Add(Of(name), $"{Kind(value)} is no number from 0 to 1.", remedy);
        return null;
    }

    public bool? Flag(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        _errors.Add(Of(name), $"{Kind(value)} is neither true nor false.", "Write true or false.");
        return null;
    }

    public DateTimeOffset? Instant(string name)
    {
        if (!TryGet(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var instant)) return instant.ToUniversalTime();
        _errors.Add(Of(name), $"{Kind(value)} is no instant.", "Write it as 2026-11-26T14:00:00Z.");
        return null;
    }

    public T? Word<T>(string name, Words<T> words)
        where T : struct, Enum => TryGet(name, out var value) ? WordOf(value, Of(name), words) : null;

    public T? RequireWord<T>(string name, Words<T> words)
        where T : struct, Enum => TryRequire(name, words.Remedy, out var value) ? WordOf(value, Of(name), words) : null;

    public IReadOnlyList<T> WordList<T>(string name, Words<T> words)
        where T : struct, Enum
    {
        var found = new List<T>();
        foreach (var (value, path) in Items(name, PolicyMatch.MaxValues, orOne: true))
        {
            if (WordOf(value, path, words) is not { } word) continue;
            if (found.Contains(word)) _errors.Add(path, $"\"{words[word]}\" stands twice.", "Leave one.");
            else found.Add(word);
        }

        return found;
    }

    /// <summary>A list of texts, or one text; each once.</summary>
    public IReadOnlyList<string> TextList(string name, StringComparer comparer, int maxLength = PolicyMatch.MaxValueLength, int minLength = 1)
    {
        var found = new List<string>();
        var seen = new HashSet<string>(comparer);
        foreach (var (value, path) in Items(name, PolicyMatch.MaxValues, orOne: true))
        {
            if (TextOf(value, path, maxLength, minLength) is not { } text) continue;
            if (seen.Add(text)) found.Add(text);
            else _errors.Add(path, $"\"{text}\" stands twice.", "Leave one.");
        }

        return found;
    }

    /// <summary>The items of a list with their paths. An empty list is an error: it would hold for nothing.</summary>
    public IReadOnlyList<(JsonElement Value, string Path)> Items(string name, int most, bool orOne = false, bool orNone = false)
    {
        if (!TryGet(name, out var list)) return [];
        if (list.ValueKind != JsonValueKind.Array)
        {
            if (orOne) return [(list, Of(name))];
            _errors.Add(Of(name), $"{Kind(list)} is no list.", "Write [ … ].");
            return [];
        }

        var length = list.GetArrayLength();
        if (length == 0 && !orNone) _errors.Add(Of(name), "The list is empty, so that it holds for nothing.", "Name at least one, or leave the field out.");
        if (length > most) _errors.Add(Of(name), $"The list has {length} items.", $"Name at most {most}.");
        return [.. list.EnumerateArray().Take(most).Select((value, index) => (value, string.Create(CultureInfo.InvariantCulture, $"{Of(name)}[{index}]")))];
    }

    public Fields? Nested(string name) => TryGet(name, out var value) ? new Fields(value, Of(name), _errors) : null;

    public Fields? RequireNested(string name, string remedy) => TryRequire(name, remedy, out var value) ? new Fields(value, Of(name), _errors) : null;

    /// <summary>Whatever was not asked for is an error. Last, for each object.</summary>
    public void RefuseOthers()
    {
        if (!_isObject) return;
        foreach (var property in _element.EnumerateObject())
        {
            if (!_known.Contains(property.Name)) _errors.Add(Of(Shown(property.Name)), "There is no such field.", $"Here may stand {string.Join(", ", _known)}.");
        }
    }

    private string? TextOf(JsonElement value, string path, int maxLength, int minLength)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            _errors.Add(path, $"{Kind(value)} is no text.", "Write it in quotation marks.");
            return null;
        }

        var text = value.GetString()!;
        if (text.Length < minLength) _errors.Add(path, "The text is empty.", "Write at least one letter.");
        else if (text.Length > maxLength) _errors.Add(path, $"The text has {text.Length} characters.", $"Write at most {maxLength}.");
        else if (text.Any(c => char.IsControl(c) && c is not ('\n' or '\t'))) _errors.Add(path, "The text has control characters.", "Leave them out.");
        else return text;
        return null;
    }

    private long? WholeOf(JsonElement value, string path, long least, long most)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most) return number;
        _errors.Add(path, $"{Kind(value)} may not stand here.", string.Create(CultureInfo.InvariantCulture, $"Write a whole number from {least} to {most}."));
        return null;
    }

    private T? WordOf<T>(JsonElement value, string path, Words<T> words)
        where T : struct, Enum
    {
        if (value.ValueKind == JsonValueKind.String && words.Find(value.GetString()!) is { } word) return word;
        _errors.Add(path, $"{Kind(value)} is none of the words that may stand here.", words.Remedy);
        return null;
    }

    /// <summary>What stands there, for people: short, whatever it is.</summary>
    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"\"{Shown(value.GetString()!)}\"",
        JsonValueKind.Null => "null",
        _ => Shown(value.GetRawText()),
    };

    private static string Shown(string text)
    {
        const int longest = 60;
        var shown = text.Length > longest ? string.Concat(text.AsSpan(0, longest), "…") : text;
        return string.Create(shown.Length, shown, static (buffer, source) =>
        {
            for (var index = 0; index < source.Length; index++) buffer[index] = char.IsControl(source[index]) ? ' ' : source[index];
        });
    }
}
