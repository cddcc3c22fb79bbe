namespace FinOps.Web.Parts;

/// <summary>Who looks at the page: their time zone, whether their theme is dark, and whether their window is a phone's. Cascaded to every page and part.</summary>
public sealed record Reader(TimeZoneInfo Zone, bool Dark, bool Narrow = false)
{
    public static readonly Reader Unknown = new(TimeZoneInfo.Utc, false);

    /// <summary>The zone by its IANA name, UTC if the browser names one that this machine does not know.</summary>
    public static TimeZoneInfo ZoneOf(string? ianaName) =>
        !string.IsNullOrEmpty(ianaName) && TimeZoneInfo.TryFindSystemTimeZoneById(ianaName, out var zone) ? zone : TimeZoneInfo.Utc;
}
