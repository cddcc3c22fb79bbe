using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class AccessibilityTests(DemoInstallation demo)
{
    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public Task Axe_EveryPageInBothThemes_FindsNothingSerious(string name)
    {
        var visited = ProductPage.Named(name);
        return demo.VisitAsync(new Visit(visited.Visitor(demo)), async page =>
        {
            await visited.OpenAsync(demo, page);
            await AssertNothingSeriousAsync(page, "light");
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
            await AssertNothingSeriousAsync(page, "dark");
        });
    }

    private static async Task AssertNothingSeriousAsync(IPage page, string theme)
    {
        var result = await page.RunAxe();
        var found = result.Violations
            .Where(violation => violation.Impact is "serious" or "critical")
            .SelectMany(violation => violation.Nodes.Select(node => $"{theme}: {violation.Id} ({violation.Help}): {node.Html} {string.Join(' ', node.Any.Select(check => check.Message))}"))
            .ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }
}
