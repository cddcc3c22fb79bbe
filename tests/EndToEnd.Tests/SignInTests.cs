using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class SignInTests(DemoInstallation demo)
{
    [Fact]
    public Task SignIn_WrongPassword_IsRefusedWithoutTellingWhatIsWrong() => demo.VisitAsync(new Visit(null), async page =>
    {
        await page.SignInAsync(demo.DemoAdmin with { Password = "not the password" });
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("E-mail and password do not match.");
        Assert.Equal("/sign-in", new Uri(page.Url).AbsolutePath);
    });

    [Fact]
    public Task SignIn_PrintedPassword_LeadsToTheAskedPageAndSignOutEndsIt() => demo.VisitAsync(new Visit(null), async page =>
    {
        await page.GotoAsync("/explore?by=team");
        await Assertions.Expect(page.GetByLabel("E-mail")).ToBeVisibleAsync();
        await page.GetByLabel("E-mail").FillAsync(demo.DemoAdmin.Email);
        await page.GetByLabel("Password").FillAsync(demo.DemoAdmin.Password);
        await page.GetByLabel("Password").PressAsync("Enter");
        await page.ShowsAsync("Explore");
        Assert.EndsWith("/explore?by=team", page.Url, StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("E-mail")).ToBeVisibleAsync();
        await page.GotoAsync("/");
        await Assertions.Expect(page.GetByLabel("Password")).ToBeVisibleAsync();
        Assert.Equal("/sign-in", new Uri(page.Url).AbsolutePath);
    });

    [Fact]
    public Task Jobs_Administrator_SeesTheDashboard() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        var answer = await page.GotoAsync("/jobs");
        Assert.Equal(200, answer?.Status);
        await Assertions.Expect(page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex("Jobs"));
        await page.GotoAsync("/jobs/recurring");
        await page.WaitForFirstAsync("table tbody tr");
    });

    [Fact]
    public async Task Jobs_Viewer_IsRefused()
    {
        var (_, viewer) = await demo.NewTenantAsync(TenantRole.Viewer);
        await demo.VisitAsync(new Visit(viewer), async page =>
        {
            // Asked beside the page: the browser's console would tell the refusal as an error.
            var answer = await page.Context.APIRequest.GetAsync("/jobs");
            Assert.Equal(403, answer.Status);
        });
    }
}
