using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>From a changed bill over its causes to the calls behind one.</summary>
public sealed partial class WhyTests(DemoInstallation demo)
{
    [Fact]
    public Task Why_TwoDaysOfTheDemo_SumToTheDifferenceAndLeadToCalls() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        // Whole days that were written before the tests began: nothing arrives there any more.
        var today = TimeProvider.System.GetUtcNow().Date;
        var days = string.Create(CultureInfo.InvariantCulture, $"from={today.AddDays(-2):yyyy-MM-dd}T00:00:00Z&to={today.AddDays(-1):yyyy-MM-dd}T00:00:00Z&before-from={today.AddDays(-4):yyyy-MM-dd}T00:00:00Z&before-to={today.AddDays(-3):yyyy-MM-dd}T00:00:00Z");
        await page.GotoAsync("/why?range=custom&" + days);
        await page.ShowsAsync("Why it changed");
        await page.WaitForFirstAsync(".waterfall .barlayer .point path >> visible=true");
        await Assertions.Expect(page.Locator(".sentence")).ToHaveTextAsync(Sentence());

        // To the last digit, which is what stands in the titles.
        var amounts = await page.Locator(".causes tbody td:nth-child(2)").EvaluateAllAsync<string[]>("cells => cells.map(cell => cell.title)");
        var money = amounts.Select(text => decimal.Parse(text.Replace("$", "", StringComparison.Ordinal), NumberStyles.Number, CultureInfo.InvariantCulture)).ToList();
        Assert.True(money.Count > 3);
        await Assertions.Expect(page.Locator(".waterfall .barlayer .point")).ToHaveCountAsync(money.Count);
        Assert.Equal(money[^1] - money[0], money.Skip(1).SkipLast(1).Sum());

        var cause = page.Locator(".causes tbody a[href*='cause=']").First;
        var name = await cause.TextContentAsync();
        await cause.ClickAsync();
        var rows = page.Card($"{name} by feature and model").Locator("tbody tr");
        await Assertions.Expect(rows.First).ToBeVisibleAsync();
        Assert.Contains("cause=", page.Url, StringComparison.Ordinal);
        await rows.First.GetByRole(AriaRole.Link, new() { NameRegex = CallsOf() }).ClickAsync();
        await page.WaitForFirstAsync("tr.call");
        Assert.Contains("feature=", page.Url, StringComparison.Ordinal);
    });

    [GeneratedRegex(@"^The bill (rose|fell) by \$[0-9.,]+ \([+−].+%\), mostly because of .+\.$")]
    private static partial Regex Sentence();

    [GeneratedRegex("^Calls of")]
    private static partial Regex CallsOf();
}
