using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>A page of the product and how one sees that it shows its data.</summary>
/// <param name="Ready">Selectors of what must be on the page; each at least once.</param>
internal sealed record ProductPage(string Name, string Path, params string[] Ready)
{
    /// <summary>Resolved to one of the demo's calls.</summary>
    private const string AnyCall = "/calls/*";

    /// <summary>Pages of <see cref="ReconciledTenant"/>, which has what the demo has not.</summary>
    private const string AnyBill = "/bills/*";
    private const string AnyHit = "/calls/*hit";
    private const string AnyRerating = "/prices/rerating/*";
    private const string AnyLeased = "/budgets/*";
    private const string AnyEnforced = "/policies?enforce=*&action=throttle";
    private const string AnyClosedMonth = "/bills?month=*#months";
    private const string Unpriced = "/prices/unpriced";
    private const string Reratings = "/prices/rerating";

    private static readonly ProductPage[] Pages =
    [
        new("sign-in", "/sign-in", "#email"),
        new("denied", "/denied", "h1"),
        new("not-found", "/not-found", "h1"),
        new("overview", "/", ".tile-value:not(.skeleton)", PageSteps.DrawnBar, ".ranked tbody tr", ".complete"),
        new("overview-compared", "/?range=30d&compare=on", ".tile-value:not(.skeleton)", PageSteps.DrawnBar, ".ranked tbody tr"),
        new("explore", "/explore?by=feature&then=model", PageSteps.DrawnBar, ".table tr.sum"),
        new("why", "/why?range=7d", ".waterfall .barlayer .point path >> visible=true", ".causes tbody tr", ".sentence"),
        new("calls", "/calls", "tr.call"),
        new("call", AnyCall, ".table tr.sum", ".tree tbody tr"),
        new("call-at-the-edge", AnyHit, ".table tr.sum", ".policies tbody tr"),
        new("gpus", "/gpus?range=30d", ".table tbody tr td a", ".heat-row i", ".advice li"),
        new("vectors", "/vectors?range=30d", ".tile-value:not(.skeleton)", ".table tbody tr td", ".table tr.sum", ".advice li"),
        new("gpu-prices", "/prices/resources", ".table tbody tr"),
        new("unit-cost", "/units?range=30d&unit=outcome", ".tile-value:not(.skeleton)", PageSteps.DrawnBar, ".spread", ".table tbody tr"),
        new("ingest-health", "/ingest", ".table tbody tr"),
        new("installation", "/installation", ".table tbody tr .inferred"),
        new("audit", "/audit?range=30d", ".table tbody tr"),
        new("account", "/account", ".table tbody tr"),
        new("password", "/account/password", "#again"),
        new("second-factor", "/account/second-factor", "svg.qr"),
        new("delete-account", "/account/delete", "main li"),
        new("currency", "/prices/currency", ".card"),
        new("mail", "/installation/mail", ".card"),
        new("budgets", "/budgets", ".burn"),
        new("budget", "/budgets/new", ".editor fieldset"),
        new("budget-at-the-gateways", AnyLeased, ".leases tbody tr", ".editor fieldset"),
        new("policy-of-a-budget", AnyEnforced, ".editor fieldset"),
        new("alerts", "/alerts", ".alerts li"),
        new("channels", "/channels", ".card"),
        new("policies", "/policies", ".card"),
        new("agents", "/agents", ".card"),
        new("gateway-keys", "/gateway-keys", ".card"),
        new("bills", "/bills", ".drop", ".close .button"),
        new("bill", AnyBill, ".table tbody tr"),
        new("closed-months", AnyClosedMonth, "#months .table tbody tr"),
        new("unpriced", Unpriced, ".table tbody tr"),
        new("reratings", Reratings, ".table tbody tr"),
        new("rerating", AnyRerating, ".table tbody tr"),
        new("prices", "/prices", ".table tbody tr"),
        new("price-model", "/prices/model?seller=openai&entry=gpt-4o", ".table tbody tr", ".timeline .bar"),
        new("price-changes", "/prices/changes", ".table tbody tr"),
        new("price-change", "/prices/changes/1", ".table tbody tr"),
        new("commitments", "/prices/commitments", ".commitment .meter"),
        new("price-cross-check", "/prices/cross-check", ".card"),
        new("settings", "/settings", "pre.snippet", ".table tbody tr"),
    ];

    public static TheoryData<string> Names => new(Pages.Select(page => page.Name));

    public static ProductPage Named(string name) => Pages.Single(page => page.Name == name);

    /// <summary>Only what a signed-in person can see is asked for with an account.</summary>
    public async Task<Account?> VisitorAsync(DemoInstallation demo) => Path switch
    {
        "/sign-in" => null,
        AnyBill or AnyHit or AnyRerating or AnyLeased or AnyEnforced or AnyClosedMonth or Unpriced or Reratings => (await demo.ReconciledAsync()).Admin,
        _ => demo.DemoAdmin,
    };

    /// <summary>Opens the page and waits until its data is drawn.</summary>
    public async Task OpenAsync(DemoInstallation demo, IPage page)
    {
        await page.GotoAsync(Path switch
        {
            AnyCall => await demo.CallPathAsync(),
            AnyBill => (await demo.ReconciledAsync()).BillPath,
            AnyHit => (await demo.ReconciledAsync()).HitPath,
            AnyRerating => (await demo.ReconciledAsync()).ReratingPath,
            AnyLeased => $"/budgets/{(await demo.ReconciledAsync()).Budget}",
            AnyEnforced => AnyEnforced.Replace("*", (await demo.ReconciledAsync()).Budget.ToString(), StringComparison.Ordinal),
            AnyClosedMonth => (await demo.ReconciledAsync()).MonthPath,
            _ => Path,
        });
        foreach (var selector in Ready) await page.WaitForFirstAsync(selector);
        await Assertions.Expect(page.Locator(".skeleton")).ToHaveCountAsync(0);
    }
}
