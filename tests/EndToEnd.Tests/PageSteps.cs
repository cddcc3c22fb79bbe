using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What a person does in more than one test.</summary>
internal static class PageSteps
{
    /// <summary>A piece of a bar that Plotly has drawn; those of periods without cost have no height.</summary>
    public const string DrawnBar = ".spend-bars .barlayer .point path >> visible=true";

    public static async Task SignInAsync(this IPage page, Account account)
    {
        await page.GotoAsync("/sign-in");
        await page.GetByLabel("E-mail").FillAsync(account.Email);
        await page.GetByLabel("Password").FillAsync(account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>The h1 of a page, once it stands.</summary>
    public static Task ShowsAsync(this IPage page, string heading) =>
        Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = heading, Exact = true })).ToBeVisibleAsync();

    public static ILocator Card(this IPage page, string title) => page.GetByRole(AriaRole.Region, new() { Name = title, Exact = true });

    /// <summary>The first of the elements is there; strict mode would refuse several.</summary>
    public static Task WaitForFirstAsync(this IPage page, string selector, WaitForSelectorState state = WaitForSelectorState.Visible) =>
        page.Locator(selector).First.WaitForAsync(new LocatorWaitForOptions { State = state });

    /// <summary>By how many pixels the page can be moved sideways.</summary>
    public static Task<int> SidewaysAsync(this IPage page, int width) =>
        page.EvaluateAsync<int>("width => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - width", width);

    public static Task<string> ThemeAsync(this IPage page) => page.EvaluateAsync<string>("document.documentElement.dataset.theme");
}
