using MudBlazor;

namespace FinOps.Web.Shell;

/// <summary>What is in the rail and in the palette: only what works.</summary>
internal static class ProductPages
{
    public sealed record Entry(string Group, string Name, string Path, string Icon, string Question);

    public static readonly IReadOnlyList<Entry> All =
    [
        new("Understand", "Overview", "/", Icons.Material.Outlined.SpaceDashboard, "How much, and is it normal?"),
        new("Understand", "Explore", "/explore", Icons.Material.Outlined.QueryStats, "Where did it go?"),
        new("Understand", "Calls", "/calls", Icons.Material.Outlined.FormatListBulleted, "Which calls are behind a figure?"),
        new("Set up", "Ingest health", "/ingest", Icons.Material.Outlined.MonitorHeart, "Does everything arrive?"),
        new("Set up", "Settings", "/settings", Icons.Material.Outlined.Settings, "Keys, set-up, members"),
    ];
}
