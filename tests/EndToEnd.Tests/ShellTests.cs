using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What surrounds every page: rail, palette, theme, keyboard, phone.</summary>
public sealed class ShellTests(DemoInstallation demo)
{
    [Fact]
    public Task Palette_CtrlK_GoesToAPage() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/?range=30d");
        await page.ShowsAsync("Overview");
        await page.Keyboard.PressAsync("Control+k");
        var palette = page.GetByRole(AriaRole.Dialog, new() { Name = "Search and commands" });
        await Assertions.Expect(palette.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("sett");
        await Assertions.Expect(palette.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsAsync("Settings");
        await Assertions.Expect(palette).ToHaveCountAsync(0);
        // The time range goes along.
        Assert.Contains("range=30d", page.Url, StringComparison.Ordinal);

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(palette).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(palette).ToHaveCountAsync(0);
    });

    [Fact]
    public Task Palette_NameOfAMember_OpensWhatItCostAndItsCalls() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/calls?range=30d&status=failed&team=growth");
        await page.WaitForFirstAsync("tr.call");
        var palette = await PaletteAsync(page, "ACORN-ret");
        var option = palette.GetByRole(AriaRole.Option, new() { Name = "acorn-retail" });
        await Assertions.Expect(option).ToContainTextAsync("customer");
        await Assertions.Expect(option).ToContainTextAsync("$");
        // The option is found before the answer settles what is chosen: both are the first one.
        await Assertions.Expect(option).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsAsync("Explore");
        await page.WaitForFirstAsync(".table tr.sum");
        // Only this customer in the same range: other filters would make it look cheaper than it is.
        Assert.EndsWith("/explore?range=30d&customer=acorn-retail&by=feature", page.Url, StringComparison.Ordinal);

        await PaletteAsync(page, "research-ag");
        await Assertions.Expect(palette.GetByRole(AriaRole.Option, new() { Name = "research-agent" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.ShowsAsync("Calls");
        await page.WaitForFirstAsync("tr.call");
        Assert.EndsWith("/calls?range=30d&feature=research-agent", page.Url, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Palette_OtherTenant_FindsItsOwnNamesOnly()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("research-of-our-own"));
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/calls");
            await page.WaitForFirstAsync("tr.call");
            var palette = await PaletteAsync(page, "research");
            await Assertions.Expect(palette.GetByRole(AriaRole.Option)).ToHaveTextAsync([new System.Text.RegularExpressions.Regex("research-of-our-own")]);
            await page.Keyboard.PressAsync("Escape");
            await PaletteAsync(page, "acorn");
            await Assertions.Expect(palette).ToContainTextAsync("has “acorn” in its name");
            await Assertions.Expect(palette.GetByRole(AriaRole.Option)).ToHaveCountAsync(0);
        });
        await demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
        {
            await page.GotoAsync("/");
            await page.ShowsAsync("Overview");
            var palette = await PaletteAsync(page, "of-our-own");
            await Assertions.Expect(palette).ToContainTextAsync("has “of-our-own” in its name");
        });
    }

    [Fact]
    public async Task Project_Chosen_HoldsOnEveryPageAndShowsItsOwnCallsOnly()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            var second = await MakeProjectAsync(page, "checkout");
            var key = await demo.Tenants.NewKeyAsync(tenant.Id, second, KeyKind.Ingest);
            await SendAsync(tenant.IngestKey, "of-the-first");
            await SendAsync(key.Token, "of-the-second");

            await page.GotoAsync("/calls");
            var calls = page.Locator("tr.call");
            await Assertions.Expect(calls).ToHaveCountAsync(2);
            await page.GetByLabel("Project").SelectOptionAsync("checkout");
            await Assertions.Expect(calls).ToHaveCountAsync(1);
            await Assertions.Expect(calls).ToContainTextAsync("of-the-second");
            Assert.EndsWith($"/calls?project={second}", page.Url, StringComparison.Ordinal);
            // The switch says it already: no chip with an id.
            await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "Filters" })).ToHaveCountAsync(0);

            await page.GetByRole(AriaRole.Link, new() { Name = "Overview", Exact = true }).ClickAsync();
            await page.ShowsAsync("Overview");
            await Assertions.Expect(page.Card("Top features").Locator("tbody tr")).ToHaveCountAsync(1);
            await Assertions.Expect(page.Card("Top features")).ToContainTextAsync("of-the-second");
            await Assertions.Expect(page.GetByLabel("Project")).ToHaveValueAsync(second.ToString());
            await page.ReloadAsync();
            await Assertions.Expect(page.GetByLabel("Project")).ToHaveValueAsync(second.ToString());

            await page.GetByLabel("Project").SelectOptionAsync("All projects");
            await Assertions.Expect(page.Card("Top features").Locator("tbody tr")).ToHaveCountAsync(2);
        });
    }

    [Fact]
    public Task Phone_Chart_LegendDoesNotLieOverTheAxis() => demo.VisitAsync(new Visit(demo.DemoAdmin, Visit.PhoneWidth), async page =>
    {
        await page.GotoAsync("/?range=30d");
        await page.WaitForFirstAsync(PageSteps.DrawnBar, WaitForSelectorState.Attached);
        var axis = await page.Locator(".spend-bars .xtick").Last.BoundingBoxAsync();
        var legend = await page.Locator(".legend").BoundingBoxAsync();
        Assert.NotNull(axis);
        Assert.NotNull(legend);
        Assert.True(legend.Y >= axis.Y + axis.Height, $"The legend begins at {legend.Y}, the axis ends at {axis.Y + axis.Height}.");
    });

    [Fact]
    public Task Theme_Toggled_HoldsAfterAReload() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        Assert.Equal("light", await page.ThemeAsync());
        var paper = await PaperAsync(page);

        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Light theme" })).ToBeVisibleAsync();
        Assert.Equal("dark", await page.ThemeAsync());
        Assert.NotEqual(paper, await PaperAsync(page));

        await page.ReloadAsync();
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        Assert.Equal("dark", await page.ThemeAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Light theme" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" })).ToBeVisibleAsync();
        Assert.Equal(paper, await PaperAsync(page));
    });

    [Fact]
    public Task Keyboard_Tab_ReachesTheRailAndShowsWhereItIs() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/settings");
        await page.WaitForFirstAsync("pre.snippet");
        const int mostStops = 80;
        for (var stop = 0; stop < mostStops; stop++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (!await page.EvaluateAsync<bool>("document.activeElement?.matches('nav[aria-label=Main] a.entry') ?? false")) continue;
            Assert.True(await page.EvaluateAsync<bool>(
                "(() => { const style = getComputedStyle(document.activeElement); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; })()"));
            await page.Keyboard.PressAsync("Enter");
            await page.ShowsAsync("Overview");
            return;
        }

        Assert.Fail($"The rail was not reached with {mostStops} presses of Tab.");
    });

    private static Task<string> PaperAsync(IPage page) => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

    /// <summary>Longer than the five seconds between two refreshes.</summary>
    private const int TwoRefreshesMilliseconds = 10_000;

    [Fact]
    public async Task HiddenTab_AsksForNothing_AndShowsWhatArrivedWhenItIsLookedAtAgain()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("before"));
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/calls");
            await page.WaitForFirstAsync("tr.call");
            await SetHiddenAsync(page, true);
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("meanwhile"));
            await Task.Delay(TwoRefreshesMilliseconds, TestContext.Current.CancellationToken);
            await Assertions.Expect(page.Locator("tr.call")).ToHaveCountAsync(1);
            await SetHiddenAsync(page, false);
            await Assertions.Expect(page.Locator("tr.call")).ToHaveCountAsync(2);
        });
    }

    /// <summary>What a browser does when its reader goes to another tab; one without windows never does.</summary>
    private static Task SetHiddenAsync(IPage page, bool hidden) => page.EvaluateAsync(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }", hidden);

    private static async Task<ILocator> PaletteAsync(IPage page, string text)
    {
        var palette = page.GetByRole(AriaRole.Dialog, new() { Name = "Search and commands" });
        // The one that Escape closed must be gone: it would still have the focus and take the letters with it.
        await Assertions.Expect(palette).ToHaveCountAsync(0);
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(palette.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(text);
        return palette;
    }

    private static async Task<ProjectId> MakeProjectAsync(IPage page, string name)
    {
        await page.GotoAsync("/settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "New project" }).ClickAsync();
        await page.GetByLabel("Name of the project").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make project" }).ClickAsync();
        await Assertions.Expect(page.Card("Organisation")).ToContainTextAsync($"Project {name} is made.");
        // A key can be made for it at once.
        await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await Assertions.Expect(page.Card("Keys").GetByLabel("Project")).ToContainTextAsync(name);
        return new ProjectId(Guid.Parse(await page.Card("Organisation").Locator($"dt:has-text('Project {name}') + dd").InnerTextAsync()));
    }

    private async Task SendAsync(string key, string feature)
    {
        using var sender = new OtlpSender(demo.Server, key);
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync(feature));
    }
}
