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

    private const int MostAsked = 10;

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

        // What this click showed, and what the same address shows to the next reader: to the last digit.
        await Assertions.Expect(page.Locator(".skeleton")).ToHaveCountAsync(0);
        var before = await SettledFiguresAsync(page);
        await page.ReloadAsync();
        await page.WaitForFirstAsync(".table tr.sum");
        Assert.True(before.Count > 1);
        Assert.Equal(before, await FiguresAsync(page));
        await Assertions.Expect(chip).ToContainTextAsync("feature is in-app-chat");

        await page.GetByRole(AriaRole.Link, new() { Name = "Remove the filter feature in-app-chat" }).ClickAsync();
        await Assertions.Expect(page.Locator(".table tbody")).ToContainTextAsync("research-agent");
    });

    [Fact]
    public Task Explore_HeadOfAColumn_SortsByItAndTheAddressHoldsIt() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/explore?by=feature&" + SettledDays);
        await page.WaitForFirstAsync(".table tr.sum");
        await page.GetByRole(AriaRole.Link, new() { Name = "Calls", Exact = true }).Last.ClickAsync();
        await Assertions.Expect(page.Locator("th[aria-sort=descending]")).ToHaveTextAsync("Calls ↓");
        Assert.Contains("sort=calls", page.Url, StringComparison.Ordinal);
        await page.WaitForFirstAsync(".table tr.sum");
        var calls = await page.Locator(".table tbody tr:not(.sum) td:nth-child(4)").EvaluateAllAsync<long[]>("cells => cells.map(cell => +cell.title.replaceAll(',', ''))");
        Assert.True(calls.Length > 3);
        Assert.Equal(calls.OrderDescending(), calls);
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

    /// <summary>The figures of a view once late spans of its days are settled: twice the same, some settling rounds apart.</summary>
    private static async Task<IReadOnlyList<string>> SettledFiguresAsync(IPage page)
    {
        var figures = await FiguresAsync(page);
        for (var asked = 0; asked < MostAsked; asked++)
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            // Another view and back: the same circuit asks anew, without a reload.
            await page.GetByLabel("then by").SelectOptionAsync("team");
            await Assertions.Expect(page.Locator(".table th").Nth(1)).ToHaveTextAsync("Team");
            await page.WaitForFirstAsync(".table tr.sum");
            await page.GetByLabel("then by").SelectOptionAsync("model");
            await Assertions.Expect(page.Locator(".table th").Nth(1)).ToHaveTextAsync("Model");
            await page.WaitForFirstAsync(".table tr.sum");
            var again = await FiguresAsync(page);
            if (again.SequenceEqual(figures)) return again;
            figures = again;
        }

        throw new TimeoutException("The figures of days that are over still change.");
    }

    /// <summary>Every cell of the table, with the exact money of its hovers.</summary>
    private static async Task<IReadOnlyList<string>> FiguresAsync(IPage page) =>
        await page.Locator(".table tbody tr").EvaluateAllAsync<string[]>(
            "rows => rows.map(row => [...row.cells].map(cell => `${cell.title}|${cell.textContent.trim()}`).join(' '))");
}
