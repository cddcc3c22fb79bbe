using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>Not tests: pictures of every page for the README and for review, made by <c>./finops shots DIR</c>.</summary>
[Trait("Category", "Shots")]
public sealed class ScreenshotTests(DemoInstallation demo)
{
    private const int DesktopWidth = 1440;

    private const int MinHeight = 844;

    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public async Task Shot(string name)
    {
        var folder = Environment.GetEnvironmentVariable("FINOPS_SHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "FINOPS_SHOTS names no folder. Type: ./finops shots DIR");
        Directory.CreateDirectory(folder);
        var visited = ProductPage.Named(name);
        foreach (var width in (int[])[DesktopWidth, Visit.PhoneWidth])
            foreach (var dark in (bool[])[false, true])
                await demo.VisitAsync(new Visit(await visited.VisitorAsync(demo), width, dark), page => TakeAsync(visited, page, width, Path.Combine(folder, $"{name}-{width}-{(dark ? "dark" : "light")}.png")));
    }

    private async Task TakeAsync(ProductPage visited, IPage page, int width, string file)
    {
        await visited.OpenAsync(demo, page);
        // A picture shows every row of a table that scrolls by itself.
        await page.EvaluateAsync("() => { for (const table of document.querySelectorAll('.table-wrap.tall')) table.style.maxHeight = 'none'; }");
        // As high as the page is, so that what sticks to the window's edges is where a reader would see it.
        var height = await page.EvaluateAsync<int>("document.documentElement.scrollHeight");
        await page.SetViewportSizeAsync(width, Math.Max(height, MinHeight));
        await page.EvaluateAsync("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = file, FullPage = true });
    }
}
