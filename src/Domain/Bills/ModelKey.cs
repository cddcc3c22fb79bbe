using System.Text.RegularExpressions;

namespace FinOps.Domain.Bills;

/// <summary>
/// By what the models of a bill and of calls are held together: lower case, without the path, the region's and the maker's prefix, the date and the revision at the end, and with one
/// kind of separator. <c>us.anthropic.claude-sonnet-4-5-20250929-v1:0</c> and "Claude Sonnet 4.5" are both <c>claude-sonnet-4-5</c>.
/// </summary>
public static partial class ModelKey
{
    public static string Of(string model)
    {
        var name = model.Trim().ToLowerInvariant();
        if (name.StartsWith("ft:", StringComparison.Ordinal)) return name;
        name = name[(name.LastIndexOf('/') + 1)..];
        name = Prefixes().Replace(name, "");
        name = Revision().Replace(name, "");
        name = Words(name);
        return Date().Replace(name, "");
    }

    /// <summary>Words in lower case with a hyphen between them.</summary>
    internal static string Words(string text) => Separators().Replace(text.ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex("^(?:[a-z]+\\.)+(?=[a-z])")]
    private static partial Regex Prefixes();

    [GeneratedRegex("-v\\d+(?::\\d+)?$|:\\d+$")]
    private static partial Regex Revision();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Separators();

    [GeneratedRegex("-(?:20\\d{6}|20\\d{2}-\\d{2}-\\d{2}|latest)$")]
    private static partial Regex Date();
}
