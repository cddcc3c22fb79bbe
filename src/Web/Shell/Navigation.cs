using FinOps.Web.Authentication;
using MudBlazor;

namespace FinOps.Web.Shell;

/// <summary>What is in the rail and in the palette: only what works.</summary>
internal static class ProductPages
{
    /// <summary>A page; not every one has a place in the bar at the bottom of a phone. Its policy is the one of <see cref="AccessPolicies"/> that the page itself names: who may not open it is not shown it.</summary>
    public sealed record Entry(string Group, string Name, string Path, string Icon, string Question, string Policy, bool OnPhones = true);

    public static IEnumerable<Entry> For(TenantSession? session) => session is null ? [] : All.Where(page => session.May(page.Policy));

    public static readonly IReadOnlyList<Entry> All =
    [
        new("Understand", "Overview", "/", Icons.Material.Outlined.SpaceDashboard, "How much, and is it normal?", AccessPolicies.ReadSpend),
        new("Understand", "Explore", "/explore", Icons.Material.Outlined.QueryStats, "Where did it go?", AccessPolicies.ReadSpend),
        new("Understand", "Why it changed", "/why", Icons.Material.Outlined.WaterfallChart, "Why did the bill rise or fall?", AccessPolicies.ReadSpend, OnPhones: false),
        new("Understand", "Calls", "/calls", Icons.Material.Outlined.FormatListBulleted, "Which calls are behind a figure?", AccessPolicies.ReadSpend),
        new("Understand", "GPUs", "/gpus", Icons.Material.Outlined.Memory, "What do our GPUs cost, and for whom do they work?", AccessPolicies.ReadResources, OnPhones: false),
        new("Understand", "Vectors & storage", "/vectors", Icons.Material.Outlined.Storage, "What do our vector databases and buckets cost, and for whom?", AccessPolicies.ReadResources, OnPhones: false),
        new("Understand", "Unit cost", "/units", Icons.Material.Outlined.PriceCheck, "What does one user, session or success cost?", AccessPolicies.ReadSpend, OnPhones: false),
        new("Control", "Budgets", "/budgets", Icons.Material.Outlined.Savings, "What may be spent, and how far is it used?", AccessPolicies.ReadBudgets, OnPhones: false),
        new("Control", "Alerts", "/alerts", Icons.Material.Outlined.NotificationsActive, "What needs somebody's eyes now?", AccessPolicies.ReadAlerts, OnPhones: false),
        new("Control", "Channels", "/channels", Icons.Material.Outlined.Campaign, "How do alerts reach people, and did they?", AccessPolicies.ReadChannels, OnPhones: false),
        new("Act", "Policies", "/policies", Icons.Material.Outlined.Rule, "What do gateways enforce, and who approved it?", AccessPolicies.ReadPolicies, OnPhones: false),
        new("Act", "Agents", "/agents", Icons.Material.Outlined.Router, "Which gateways are there, and what do they obey?", AccessPolicies.ReadPolicies, OnPhones: false),
        new("Act", "Gateway keys", "/gateway-keys", Icons.Material.Outlined.VpnKey, "Who may call through the gateways, and as whom?", AccessPolicies.ReadPolicies, OnPhones: false),
        new("Set up", "Prices", "/prices", Icons.Material.Outlined.PriceChange, "What does each model cost, and who changed it?", AccessPolicies.ReadPrices, OnPhones: false),
        new("Set up", "Ingest health", "/ingest", Icons.Material.Outlined.MonitorHeart, "Does everything arrive?", AccessPolicies.ReadHealth),
        new("Set up", "Bills", "/bills", Icons.Material.Outlined.ReceiptLong, "Does the provider's bill agree?", AccessPolicies.ReadBills, OnPhones: false),
        new("Set up", "Settings", "/settings", Icons.Material.Outlined.Settings, "Keys, set-up, members", AccessPolicies.ReadOrganisation),
        new("Set up", "Audit", "/audit", Icons.Material.Outlined.FactCheck, "Who changed what, and when?", AccessPolicies.ReadAudit, OnPhones: false),
        new("Set up", "Installation", "/installation", Icons.Material.Outlined.Domain, "Which organisations are there, and how are they?", AccessPolicies.ManageInstallation, OnPhones: false),
    ];
}
