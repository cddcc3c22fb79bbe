using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

[Collection(PagesAsTheyLook.Name)]
public sealed class PhoneTests(DemoInstallation demo)
{
    [Theory]
    [MemberData(nameof(ProductPage.Names), MemberType = typeof(ProductPage))]
    public async Task EveryPage_OnAPhone_HasNothingToTheSide(string name)
    {
        var visited = ProductPage.Named(name);
        await demo.VisitAsync(new Visit(await visited.VisitorAsync(demo), Visit.PhoneWidth, Again: true), async page =>
        {
            await visited.OpenAsync(demo, page);
            Assert.True(await page.SidewaysAsync(Visit.PhoneWidth) <= 0, $"{name} is {await page.SidewaysAsync(Visit.PhoneWidth)} px too wide.");
            // Where pages stand beside each other as tabs, the open one can be seen.
            if (await page.Locator("#price-tab").CountAsync() > 0) await Assertions.Expect(page.Locator("#price-tab")).ToBeInViewportAsync(new() { Ratio = 1 });
        });
    }
}
