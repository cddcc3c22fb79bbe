namespace FinOps.Web.Authentication;

/// <summary>What a person would call a browser, from what it calls itself. Good enough to recognise one's own; never used to decide anything.</summary>
internal static class BrowserName
{
    private const int MaxLength = 60;

    /// <summary>In this order: most browsers also claim to be those that come later.</summary>
    private static readonly (string Mark, string Name)[] Browsers =
        [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Mark, string Name)[] Systems =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")];

    public static string Of(string userAgent)
    {
        var browser = Find(Browsers, userAgent);
        var system = Find(Systems, userAgent);
        if (browser is not null) return system is null ? browser : $"{browser} on {system}";
        var name = userAgent.Split('/', ' ')[0];
        return name.Length == 0 ? "Unknown program" : name.Length > MaxLength ? name[..MaxLength] : name;
    }

    private static string? Find((string Mark, string Name)[] known, string userAgent) =>
        known.FirstOrDefault(one => userAgent.Contains(one.Mark, StringComparison.Ordinal)).Name;
}
