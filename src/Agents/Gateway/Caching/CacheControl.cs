using System.Globalization;

namespace FinOps.Gateway.Caching;

/// <summary>What the caller says in <c>Cache-Control</c> (RFC 9111, 5.2.1).</summary>
/// <param name="NoCache">It wants a new answer, which may be kept.</param>
/// <param name="NoStore">Its answer is not kept.</param>
/// <param name="MaxAge">It takes no older one.</param>
internal readonly record struct CacheControl(bool NoCache, bool NoStore, TimeSpan? MaxAge)
{
    /// <summary>Neither is a kept answer given, nor is its own kept.</summary>
    public static CacheControl Neither { get; } = new(NoCache: true, NoStore: true, null);

    public static CacheControl Parse(string header)
    {
        var told = default(CacheControl);
        foreach (var range in header.AsSpan().Split(','))
        {
            var part = header.AsSpan(range).Trim();
            if (part.Equals("no-cache", StringComparison.OrdinalIgnoreCase)) told = told with { NoCache = true };
            else if (part.Equals("no-store", StringComparison.OrdinalIgnoreCase)) told = told with { NoStore = true };
            else if (part.StartsWith("max-age=", StringComparison.OrdinalIgnoreCase) && int.TryParse(part[8..], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) told = told with { MaxAge = TimeSpan.FromSeconds(seconds) };
        }

        return told;
    }
}
