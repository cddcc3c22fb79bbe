using System.Globalization;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class OverviewTests(DemoInstallation demo)
{
    private static readonly string[] Rankings = ["Top features", "Top models", "Top teams", "Top customers", "Top users"];

    [Fact]
    public Task Overview_Demo_ShowsMoneyChartAndRankings() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/");
        await page.ShowsAsync("Overview");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);

        await page.WaitForFirstAsync(".ranked tbody tr");
        await Assertions.Expect(page.Locator(".skeleton")).ToHaveCountAsync(0);
        var tiles = page.Locator(".tile-value:not(.skeleton)");
        await Assertions.Expect(tiles).ToHaveCountAsync(4);
        foreach (var value in await tiles.AllTextContentsAsync())
        {
            Assert.StartsWith("$", value, StringComparison.Ordinal);
            Assert.Matches("[1-9]", value);
        }

        // The demo has only four teams.
        foreach (var ranking in Rankings)
            Assert.InRange(await page.Card(ranking).Locator("tbody tr").CountAsync(), 4, 6);
        await Assertions.Expect(page.Card("Top features")).ToContainTextAsync("research-agent");
        await Assertions.Expect(page.Card("How complete this is")).ToContainTextAsync("Newest call");
    });

    [Fact]
    public Task Overview_Feature_LeadsToItsCallsAndToTheLineItemsOfOne() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/");

        // One click: the calls behind the feature.
        await page.Card("Top features").GetByRole(AriaRole.Link, new() { Name = "research-agent" }).ClickAsync();
        await page.ShowsAsync("Calls");
        await page.WaitForFirstAsync("tr.call");
        Assert.Contains("feature=research-agent", page.Url, StringComparison.Ordinal);
        var features = await page.Locator("tr.call td:nth-child(2)").AllTextContentsAsync();
        Assert.All(features, feature => Assert.Equal("research-agent", feature.Trim()));

        // The second: one of them, with what it is made of.
        await page.Locator("tr.call:has-text('$') a[href^='/calls/']").First.ClickAsync();
        await page.ShowsAsync("Call");
        await page.WaitForFirstAsync(".table tr.sum");
        var lines = await page.Card("What it costs").Locator("tbody tr:not(.sum) td:nth-child(4)").AllTextContentsAsync();
        var sum = await page.Card("What it costs").Locator("tbody tr.sum td:nth-child(2)").TextContentAsync();
        Assert.NotEmpty(lines);
        Assert.Equal(Money(sum), lines.Sum(line => Money(line)));
        Assert.Equal(Money(sum), Money(await page.Locator(".tile-value").First.GetAttributeAsync("title")));
    });

    [Fact]
    public Task Overview_RunawayDay_IsBrokenAndItsNeighboursStayReadable() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        // The first of seven days, also where the last has ended meanwhile.
        await page.GotoAsync($"/?range=custom&from={demo.FirstDay.AddDays(-6):yyyy-MM-dd}T00:00:00Z&to={demo.FirstDay.AddDays(1):yyyy-MM-dd}T00:00:00Z");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        // The whole sum stands on the broken bar, as the table has it.
        var label = page.Locator(".spend-bars .annotation-text");
        await Assertions.Expect(label).ToHaveCountAsync(1);
        var days = await page.Locator(".as-table tbody tr").EvaluateAllAsync<string[]>("rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent).join(' '))");
        var highest = days.Max(day => day.Split(' ', StringSplitOptions.RemoveEmptyEntries).Sum(cost => Money(cost)));
        Assert.Equal((double)highest, (double)Money((await label.TextContentAsync())?.TrimStart('↑', ' ')), 0.05);
        Assert.True(await HighestNeighbourAsync(page) > 0.5);

        await page.GetByRole(AriaRole.Button, new() { Name = "Draw it whole" }).ClickAsync();
        await Assertions.Expect(label).ToHaveCountAsync(0);
        Assert.True(await HighestNeighbourAsync(page) < 0.5);
    });

    [Fact]
    public Task Overview_BarClicked_LeadsToTheCallsOfThatDay() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        var day = page.Locator(".spend-bars .barlayer .trace").First.Locator(".point").Nth(3);
        var box = await day.BoundingBoxAsync() ?? throw new InvalidOperationException("The bar has no place.");
        await page.Mouse.ClickAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await page.ShowsAsync("Calls");
        await page.WaitForFirstAsync("tr.call");
        var expected = TimeProvider.System.GetUtcNow().Date.AddDays(-3);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"range=custom&from={expected:yyyy-MM-dd}T00%3A00%3A00Z&to={expected.AddDays(1):yyyy-MM-dd}T00%3A00%3A00Z"), page.Url, StringComparison.Ordinal);
        Assert.Contains("feature=", page.Url, StringComparison.Ordinal);
        var starts = await page.Locator("tr.call td:first-child").AllTextContentsAsync();
        Assert.All(starts, start => Assert.StartsWith(expected.ToString("d MMM", CultureInfo.InvariantCulture), start.Trim(), StringComparison.Ordinal));
    });

    [Fact]
    public Task Chart_DraggedOverAndClickedTwice_GoesBackToTheRangeBeforeAndCanBeSaved() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/?range=30d");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        // What comes above it meanwhile moves the plot away from under the pointer: whoever missed it drags again.
        for (var i = 0; i < 3 && !page.Url.Contains("range=custom", StringComparison.Ordinal); i++) await DragAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("range=custom"));
        // Drawn anew: neither the month's chart nor the room that is kept for the next one.
        await page.WaitForFunctionAsync("() => { const days = document.querySelectorAll('.spend-bars .barlayer .trace:first-child .point').length; return days > 0 && days < 30; }");

        // Where it is now: the page above it may have become higher. Two clicks that a busy browser hears too far apart are no double click: whoever missed it clicks again.
        for (var i = 0; i < 3 && !page.Url.Contains("range=30d", StringComparison.Ordinal); i++)
        {
            var box = await PlotAsync();
            await page.Locator(".spend-bars .nsewdrag").DblClickAsync(new() { Position = new() { X = box.Width / 2, Y = 6 }, Force = true });
            await CommittedAsync("**/*range=30d*");
        }

        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("range=30d"));
        await Assertions.Expect(page.Locator(".spend-bars .barlayer .trace").First.Locator(".point")).ToHaveCountAsync(30);
        var picture = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Save as picture" }).ClickAsync());
        var bytes = await File.ReadAllBytesAsync(await picture.PathAsync());
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.True(bytes.Length > 10_000, "The picture is empty.");

        async Task<LocatorBoundingBoxResult> PlotAsync() =>
            await page.Locator(".spend-bars .nsewdrag").BoundingBoxAsync() ?? throw new InvalidOperationException("The plot has no place.");

        async Task DragAsync()
        {
            var plot = await PlotAsync();
            await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.4f), plot.Y + 4);
            await page.Mouse.DownAsync();
            await page.Mouse.MoveAsync(plot.X + (plot.Width * 0.6f), plot.Y + 4, new() { Steps = 5 });
            await page.Mouse.UpAsync();
            await CommittedAsync("**/*range=custom*");
        }

        async Task CommittedAsync(string address)
        {
            try
            {
                await page.WaitForURLAsync(address, new() { Timeout = 5_000, WaitUntil = WaitUntilState.Commit });
            }
            catch (TimeoutException)
            {
                // Missed.
            }
        }
    });

    /// <summary>The height of the second highest bar's day as a share of the plot's height.</summary>
    private static Task<double> HighestNeighbourAsync(IPage page) => page.EvaluateAsync<double>(
        """
        () => {
          const plot = document.querySelector('.spend-bars .plotbg, .spend-bars .bglayer rect, .spend-bars .nsewdrag').getBoundingClientRect();
          const heights = new Map();
          for (const bar of document.querySelectorAll('.spend-bars .barlayer .point path')) {
            const { left, top, bottom, height } = bar.getBoundingClientRect();
            if (height > 0) heights.set(Math.round(left), Math.max(heights.get(Math.round(left)) ?? 0, plot.bottom - Math.max(top, plot.top)));
          }
          return [...heights.values()].sort((a, b) => b - a)[1] / plot.height;
        }
        """);

    private static decimal Money(string? text) =>
        decimal.Parse((text ?? "").Trim(), NumberStyles.Currency, CultureInfo.GetCultureInfo("en-US"));
}
