using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>Ways in beside the password, and ways out.</summary>
public sealed class AccountTests(DemoInstallation demo)
{
    /// <summary>What is promised for a session that was ended, also where a page is open, and the time to load the page of signing in.</summary>
    private const float EndedWithinMilliseconds = 8_000;

    [Fact]
    public async Task Provider_OfTheOrganisation_LeadsItsGroupInAndNobodyElse()
    {
        await using var provider = await ProviderProcess.StartAsync(demo.ProviderPort, demo.Server.Web);
        await demo.VisitAsync(new Visit(null), async page =>
        {
            await page.GotoAsync("/explore?by=team");
            await ComeByProviderAsync(page, "viewer-one");
            await page.ShowsAsync("Explore");
            Assert.EndsWith("/explore?by=team", page.Url, StringComparison.Ordinal);
            await page.GotoAsync("/settings");
            await Assertions.Expect(page.Card("Members")).ToContainTextAsync("viewer-one@example.test");
        });
        await demo.VisitAsync(new Visit(null), async page =>
        {
            await page.GotoAsync("/sign-in");
            await ComeByProviderAsync(page, "stranger");
            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no organisation here");
            await page.GotoAsync("/");
            Assert.Equal("/sign-in", new Uri(page.Url).AbsolutePath);
        });
    }

    [Fact]
    public async Task Session_EndedInAnotherBrowser_LeavesItsOpenPageWithinFiveSeconds()
    {
        var (_, account) = await demo.NewTenantAsync(TenantRole.Viewer);
        await demo.VisitAsync(new Visit(null), async lost =>
        {
            await lost.SignInAsync(account);
            await lost.ShowsAsync("Overview");
            await demo.VisitAsync(new Visit(account), async page =>
            {
                await page.GotoAsync("/account");
                var rows = page.Card("Sessions").Locator("tbody tr");
                await Assertions.Expect(rows).ToHaveCountAsync(2);
                await Assertions.Expect(page.Card("Sessions")).ToContainTextAsync("Chrome on Linux");
                await page.GetByRole(AriaRole.Button, new() { Name = "End all others" }).ClickAsync();
                await Assertions.Expect(lost.GetByLabel("Password")).ToBeVisibleAsync(new() { Timeout = EndedWithinMilliseconds });
                await Assertions.Expect(rows).ToHaveCountAsync(1);
            });
        });
    }

    private static async Task ComeByProviderAsync(IPage page, string name)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = $"Continue with {ProviderProcess.DisplayName}" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }
}
