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

    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public Task Phone_EveryPage_HasNothingToTheSide(string name)
    {
        var visited = ProductPage.Named(name);
        return demo.VisitAsync(new Visit(visited.Visitor(demo), Visit.PhoneWidth), async page =>
        {
            await visited.OpenAsync(demo, page);
            Assert.True(await page.SidewaysAsync(Visit.PhoneWidth) <= 0, $"{name} is {await page.SidewaysAsync(Visit.PhoneWidth)} px too wide.");
        });
    }

    private static Task<string> PaperAsync(IPage page) => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
}
