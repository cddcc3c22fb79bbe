using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

[Collection(PagesAsTheyLook.Name)]
public sealed class AccessibilityTests(DemoInstallation demo)
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>A theme changes colours and nothing else: the other one is asked for these alone.</summary>
    private static readonly string[] Colours = ["color-contrast", "link-in-text-block"];

    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public async Task Axe_EveryPageInBothThemes_FindsNothingSerious(string name)
    {
        var visited = ProductPage.Named(name);
        await demo.VisitAsync(new Visit(await visited.VisitorAsync(demo), Again: true), async page =>
        {
            await visited.OpenAsync(demo, page);
            await page.EvaluateAsync(Axe);
            Assert.Empty(await SeriousAsync(page, []));
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
            Assert.Empty(await SeriousAsync(page, Colours));
        });
    }

    /// <summary>The proof that the test can fail.</summary>
    [Fact]
    public Task Axe_ATextThatNobodyCanRead_IsFound() => demo.VisitAsync(new Visit(null, Again: true), async page =>
    {
        await page.GotoAsync("/sign-in");
        await page.EvaluateAsync("document.querySelector('h1').style.color = getComputedStyle(document.body).backgroundColor");
        await page.EvaluateAsync(Axe);
        Assert.Contains("color-contrast", Assert.Single(await SeriousAsync(page, Colours)), StringComparison.Ordinal);
    });

    /// <summary>
    /// Runs axe in the page itself: its own package for Playwright opens a further page for each run, for the sake of frames that ours have not. Rows of a table after the tenth, and items of a list after the thirtieth, are
    /// made like those before.
    /// </summary>
    /// <param name="page">With axe in it.</param>
    /// <param name="rules">Empty: all.</param>
    private static Task<string[]> SeriousAsync(IPage page, string[] rules) => page.EvaluateAsync<string[]>(
        """
        async rules => {
          const options = { resultTypes: ['violations'], ...(rules.length > 0 ? { runOnly: { type: 'rule', values: rules } } : {}) };
          const { violations } = await axe.run({ exclude: [['tbody tr:nth-child(n+11)'], ['li:nth-child(n+31)']] }, options);
          return violations.filter(found => found.impact === 'serious' || found.impact === 'critical')
            .flatMap(found => found.nodes.map(node => `${found.id} (${found.help}): ${node.html} ${node.any.map(check => check.message).join(' ')}`));
        }
        """, rules);
}
