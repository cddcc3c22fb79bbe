using System.Buffers;

namespace FinOps.Gateway.Providers;

/// <summary>
/// One reading of a path for the gateway, the address that it makes of it, and whoever reads that: what would be another path to one of them is refused, and what they all take for the same is looked at in one form.
/// </summary>
internal static class CallPath
{
    private const string EncodedSlash = "%2F";

    /// <summary>Above it are letters, which no reader takes for a part of a path's structure.</summary>
    private const char LastControl = '\u009F';

    /// <summary>What stands for itself in a path (RFC 3986, 3.3), without the semicolon, behind which some servers read parameters.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/ ");

    /// <summary>Whether no reader takes it for another: it has nothing that is still encoded but slashes, nothing that ends a path, and no step up.</summary>
    /// <param name="path">As the server has decoded it, once.</param>
    public static bool IsPlain(string path)
    {
        for (var rest = path.AsSpan(); rest.IndexOfAnyExcept(Plain) is >= 0 and var at;)
        {
            var isSlash = rest[at..].StartsWith(EncodedSlash, StringComparison.OrdinalIgnoreCase);
            if (!isSlash && rest[at] <= LastControl) return false;
            rest = rest[(at + (isSlash ? EncodedSlash.Length : 1))..];
        }

        return !path.Contains('.', StringComparison.Ordinal) || !HasStep(path);
    }

    private static bool HasStep(string path)
    {
        var decoded = path.Replace(EncodedSlash, "/", StringComparison.OrdinalIgnoreCase).AsSpan();
        foreach (var range in decoded.Split('/'))
            if (decoded[range] is "." or "..") return true;
        return false;
    }

    /// <summary>With slashes that are not encoded, one in a row, and none at the end: so servers read it that are lenient.</summary>
    public static string Lenient(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal) && !path.Contains("//", StringComparison.Ordinal) && !path.EndsWith('/')) return path;
        return "/" + string.Join('/', path.Replace(EncodedSlash, "/", StringComparison.OrdinalIgnoreCase).Split('/', StringSplitOptions.RemoveEmptyEntries));
    }
}
