using System.Globalization;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class ExploreTests(DemoInstallation demo)
{
    /// <summary>Three whole days that were written before the tests began: nothing arrives there any more.</summary>
    private static string SettledDays
    {
        get
        {
            var today = TimeProvider.System.GetUtcNow().Date;
            return string.Create(CultureInfo.InvariantCulture, $"range=custom&from={today.AddDays(-4):yyyy-MM-dd}T00:00:00Z&to={today.AddDays(-1):yyyy-MM-dd}T00:00:00Z");
        }
    }

    [Fact]
    public Task Explore_TwoDimensionsAndAFilter_AreHeldByTheAddress() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/explore?" + SettledDays);
        await page.WaitForFirstAsync(PageSteps.DrawnBar);

        await page.GetByLabel("then by").SelectOptionAsync("model");
        await Assertions.Expect(page.Locator(".table th").Nth(1)).ToHaveTextAsync("Model");
        await page.Locator(".table tbody").GetByRole(AriaRole.Button, new() { Name = "in-app-chat" }).First.ClickAsync();
        var chip = page.GetByRole(AriaRole.List, new() { Name = "Filters" });
        await Assertions.Expect(chip).ToContainTextAsync("feature is in-app-chat");
        await Assertions.Expect(page.Locator(".table tbody")).Not.ToContainTextAsync("research-agent");
        await Assertions.Expect(page.Locator(".table tbody")).ToContainTextAsync("gpt-");
        Assert.Contains("then=model", page.Url, StringComparison.Ordinal);
        Assert.Contains("feature=in-app-chat", page.Url, StringComparison.Ordinal);

        var before = await ModelsAsync(page);
        await page.ReloadAsync();
        await page.WaitForFirstAsync(".table tr.sum");
        Assert.NotEmpty(before);
        Assert.Equal(before, await ModelsAsync(page));
        await Assertions.Expect(chip).ToContainTextAsync("feature is in-app-chat");

        await page.GetByRole(AriaRole.Link, new() { Name = "Remove the filter feature in-app-chat" }).ClickAsync();
        await Assertions.Expect(page.Locator(".table tbody")).ToContainTextAsync("research-agent");
    });

    [Fact]
    public Task Explore_CsvExport_SumsToTheTable() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/explore?by=customer&then=model&" + SettledDays);
        await page.WaitForFirstAsync(".table tr.sum");
        var shown = await page.Locator(".table tr.sum td.num").First.GetAttributeAsync("title");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export CSV" }).ClickAsync());
        Assert.Equal("spend-by-customer-model.csv", download.SuggestedFilename);

        await using var stream = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(stream);
        var lines = (await reader.ReadToEndAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var cost = Array.IndexOf(lines[0].Split(','), "cost_usd");
        Assert.True(lines.Length > 41, "The demo has 40 customers.");
        var sum = lines.Skip(1).Sum(line => decimal.Parse(line.Split(',')[cost], CultureInfo.InvariantCulture));
        Assert.Equal(decimal.Parse(shown ?? "", NumberStyles.Currency, CultureInfo.GetCultureInfo("en-US")), sum);
    });

    /// <summary>The second dimension's members; their money may still move while late spans are settled.</summary>
    private static async Task<IReadOnlyList<string>> ModelsAsync(IPage page) =>
        [.. (await page.Locator(".table tbody tr:not(.sum) td:nth-child(2)").AllTextContentsAsync()).Order(StringComparer.Ordinal)];
}
