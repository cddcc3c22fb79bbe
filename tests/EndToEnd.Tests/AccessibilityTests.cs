using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class AccessibilityTests(DemoInstallation demo)
{
    private static readonly AxeRunOptions Everything = new() { ResultTypes = [ResultType.Violations] };

    /// <summary>A theme changes colours and nothing else: the other one is asked for these alone.</summary>
    private static readonly AxeRunOptions Colours = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast", "link-in-text-block"] }, ResultTypes = [ResultType.Violations] };

    /// <summary>Rows of a table and items of a list after the tenth are made like those before.</summary>
    private static readonly AxeRunContext FirstRows = new() { Exclude = [new AxeSelector("tbody tr:nth-child(n+11)"), new AxeSelector("li:nth-child(n+31)")] };

    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public async Task Axe_EveryPageInBothThemes_FindsNothingSerious(string name)
    {
        var visited = ProductPage.Named(name);
        await demo.VisitAsync(new Visit(await visited.VisitorAsync(demo), Again: true), async page =>
        {
            await visited.OpenAsync(demo, page);
            await AssertNothingSeriousAsync(page, "light", Everything);
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
            await AssertNothingSeriousAsync(page, "dark", Colours);
        });
    }

    private static async Task AssertNothingSeriousAsync(IPage page, string theme, AxeRunOptions rules)
    {
        var result = await page.RunAxe(FirstRows, rules);
        var found = result.Violations
            .Where(violation => violation.Impact is "serious" or "critical")
            .SelectMany(violation => violation.Nodes.Select(node => $"{theme}: {violation.Id} ({violation.Help}): {node.Html} {string.Join(' ', node.Any.Select(check => check.Message))}"))
            .ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }
}
