using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What a reader sees while the analytics store is away, and that the pages find back without a reload.</summary>
public sealed class StoreAwayTests(DemoInstallation demo)
{
    /// <summary>A page refreshes every 5 seconds; a store that hangs is given 15 seconds to answer.</summary>
    private const float NoticedWithinMilliseconds = 40_000;

    [Fact]
    public Task StoreRefuses_OpenPage_KeepsItsFiguresSaysSoAndFindsBack() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        await demo.ClickHouseGate.ShutAsync();
        try
        {
            // The figures that stood there stay, and are no longer shown as if they were new.
            await Assertions.Expect(page.Card("Cost over time").GetByRole(AriaRole.Status)).ToContainTextAsync("does not answer", Slow);
            await Assertions.Expect(page.GetByText("Not up to date.").First).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });
            await page.WaitForFirstAsync(PageSteps.DrawnBar);
            await Assertions.Expect(page.GetByText("store away")).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });

            // A new question has nothing to show: what failed, what is lost, and a button.
            await page.GetByRole(AriaRole.Link, new() { Name = "Explore", Exact = true }).First.ClickAsync();
            var alert = page.GetByRole(AriaRole.Alert).First;
            await Assertions.Expect(alert).ToContainTextAsync("The analytics store does not answer.", Slow);
            await Assertions.Expect(alert).ToContainTextAsync("Nothing was lost");
            await Assertions.Expect(alert.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();

            await page.Keyboard.PressAsync("Control+k");
            var palette = page.GetByRole(AriaRole.Dialog, new() { Name = "Search and commands" });
            await Assertions.Expect(palette.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
            await page.Keyboard.TypeAsync("settings");
            await Assertions.Expect(palette).ToContainTextAsync("Only pages and budgets were searched.", Slow);
            await Assertions.Expect(palette.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
            await page.Keyboard.PressAsync("Escape");
        }
        finally
        {
            demo.ClickHouseGate.Open();
        }

        await page.Locator(PageSteps.DrawnBar).First.WaitForAsync(new LocatorWaitForOptions { Timeout = NoticedWithinMilliseconds });
        await page.WaitForFirstAsync(".table tr.sum");
        await Assertions.Expect(page.GetByText("store away")).ToHaveCountAsync(0, new() { Timeout = NoticedWithinMilliseconds });
    });

    [Fact]
    public Task StoreHangs_NewPage_SaysThatNoAnswerCame() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/settings");
        await page.ShowsAsync("Settings");
        demo.ClickHouseGate.Hold();
        try
        {
            await page.GetByRole(AriaRole.Link, new() { Name = "Calls", Exact = true }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("There was no answer within 15 s.", Slow);
        }
        finally
        {
            demo.ClickHouseGate.Release();
        }

        await page.Locator("tr.call").First.WaitForAsync(new LocatorWaitForOptions { Timeout = NoticedWithinMilliseconds });
    });

    private static LocatorAssertionsToContainTextOptions Slow => new() { Timeout = NoticedWithinMilliseconds };
}
