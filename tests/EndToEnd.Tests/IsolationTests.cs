using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class IsolationTests(DemoInstallation demo)
{
    [Fact]
    public async Task FreshTenant_OnOverview_IsToldWhatToDoNext()
    {
        var (_, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/");
            await Assertions.Expect(page.GetByText("No call has arrived yet")).ToBeVisibleAsync();
            // Another tenant's demo is none of theirs.
            await Assertions.Expect(page.GetByText("demo company")).ToHaveCountAsync(0);
            await page.GetByRole(AriaRole.Link, new() { Name = "Show the set-up snippet" }).ClickAsync();
            await page.ShowsAsync("Settings");
            await Assertions.Expect(page.Locator("pre.snippet")).ToContainTextAsync($"127.0.0.1:{demo.Server.OtlpHttpPort}");
        });
    }

    [Fact]
    public async Task OtherTenant_EveryPage_ShowsNothingOfTheDemo()
    {
        var (_, member) = await demo.NewTenantAsync(TenantRole.Admin);
        // Without the filter of the way to it, which the page's own links would repeat.
        var call = (await demo.CallPathAsync()).Split('?')[0];
        await demo.VisitAsync(new Visit(member), async page =>
        {
            await page.GotoAsync("/explore?range=30d&by=feature");
            await Assertions.Expect(page.GetByText("No call matches").First).ToBeVisibleAsync();
            await AssertNothingAsync(page);

            await page.GotoAsync("/calls?range=30d");
            await Assertions.Expect(page.GetByText("No call matches")).ToBeVisibleAsync();
            await AssertNothingAsync(page);

            await page.GotoAsync(call);
            await Assertions.Expect(page.GetByText("There is no such call in your organisation.")).ToBeVisibleAsync();
            await AssertNothingAsync(page);
        });
    }

    private static async Task AssertNothingAsync(IPage page)
    {
        var content = await page.ContentAsync();
        foreach (var name in (string[])["research-agent", "in-app-chat", "report-writer", "claude-", "gpt-", "acorn-retail"])
            Assert.DoesNotContain(name, content, StringComparison.Ordinal);
    }
}
