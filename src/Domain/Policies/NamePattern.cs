namespace FinOps.Domain.Policies;

/// <summary>A name in which <c>*</c> stands for any letters, none included. Compared whatever the case.</summary>
public sealed class NamePattern
{
    private const char Any = '*';

    private readonly string _text;
    private readonly bool _isExact;
    private readonly bool _isPrefix;

    public NamePattern(string text)
    {
        var star = text.IndexOf(Any, StringComparison.Ordinal);
        _text = text;
        _isExact = star < 0;
        _isPrefix = star >= 0 && star == text.Length - 1;
    }

    public static bool IsExact(string text) => !text.Contains(Any, StringComparison.Ordinal);

    /// <summary>Whether one of them matches; none at all: everything.</summary>
    public static bool AnyMatches(NamePattern[] patterns, string name)
    {
        if (patterns.Length == 0) return true;
        foreach (var pattern in patterns)
        {
            if (pattern.IsMatch(name)) return true;
        }

        return false;
    }

    public bool IsMatch(ReadOnlySpan<char> name)
    {
        if (_isExact) return name.Equals(_text, StringComparison.OrdinalIgnoreCase);
        return _isPrefix ? name.StartsWith(_text.AsSpan(0, _text.Length - 1), StringComparison.OrdinalIgnoreCase) : IsMatch(_text, name);
    }

    public override string ToString() => _text;

    /// <summary>Goes back to the last star only: at most pattern × name steps, both of which are bounded.</summary>
    private static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (at, place, star, mark) = (0, 0, -1, 0);
        while (place < name.Length)
        {
            if (at < pattern.Length && pattern[at] == Any)
            {
                star = at++;
                mark = place;
            }
            else if (at < pattern.Length && char.ToLowerInvariant(pattern[at]) == char.ToLowerInvariant(name[place]))
            {
                at++;
                place++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                place = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (at < pattern.Length && pattern[at] == Any) at++;
        return at == pattern.Length;
    }
}
