using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class AccessibilityTests(DemoInstallation demo)
{
    /// <summary>A theme changes colours and nothing else: the other one is asked for these alone.</summary>
    private static readonly AxeRunOptions Colours = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast", "link-in-text-block"] } };

    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public async Task Axe_EveryPageInBothThemes_FindsNothingSerious(string name)
    {
        var visited = ProductPage.Named(name);
        await demo.VisitAsync(new Visit(await visited.VisitorAsync(demo), Again: true), async page =>
        {
            await visited.OpenAsync(demo, page);
            await AssertNothingSeriousAsync(page, "light", new AxeRunOptions());
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
            await AssertNothingSeriousAsync(page, "dark", Colours);
        });
    }

    private static async Task AssertNothingSeriousAsync(IPage page, string theme, AxeRunOptions rules)
    {
        var result = await page.RunAxe(rules);
        var found = result.Violations
            .Where(violation => violation.Impact is "serious" or "critical")
            .SelectMany(violation => violation.Nodes.Select(node => $"{theme}: {violation.Id} ({violation.Help}): {node.Html} {string.Join(' ', node.Any.Select(check => check.Message))}"))
            .ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }
}
