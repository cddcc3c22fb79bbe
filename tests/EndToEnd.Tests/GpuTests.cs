using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>Idle money of the demo's GPUs, and a price that changes it.</summary>
public sealed class GpuTests(DemoInstallation demo)
{
    /// <summary>Rating a month of six GPUs anew takes some seconds.</summary>
    private const float RatedWithinMilliseconds = 60_000;

    [Fact]
    public async Task Gpus_OfTheDemo_ShowIdleMoneyThatFollowsAPrice()
    {
        await demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
        {
            await page.GotoAsync("/gpus?range=7d");
            await page.ShowsAsync("GPUs");
            var device = page.Card("Devices").Locator("tbody tr").Filter(new() { HasText = "gpu-a" }).First;
            await Assertions.Expect(device).ToContainTextAsync("$3.99", new() { Timeout = RatedWithinMilliseconds });
            var idle = await page.GetByRole(AriaRole.Region, new() { Name = "Idle", Exact = true }).Locator(".tile-value").InnerTextAsync();
            Assert.Matches(@"^\$[1-9]", idle);
            // A host without a price is said to be so, and is in no sum.
            await Assertions.Expect(page.Card("Devices").Locator("tbody tr").Filter(new() { HasText = "gpu-c" }).First).ToContainTextAsync("unpriced");
            await Assertions.Expect(page.Card("Who it was spent for")).ToContainTextAsync("ticket-drafts");

            await page.GetByRole(AriaRole.Link, new() { Name = "Set prices" }).ClickAsync();
            await page.ShowsAsync("Resource prices");
            await page.GetByRole(AriaRole.Button, new() { Name = "Change the price of H100 on gpu-a" }).ClickAsync();
            await page.GetByLabel("Price per hour, $").FillAsync("7.98");
            await page.GetByLabel("The old price was wrong: correct it for all its time").CheckAsync();
            await page.GetByLabel("Reason").FillAsync("two of them are rented");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
            await Assertions.Expect(page.Card("GPU hours").Locator("tbody tr").Filter(new() { HasText = "gpu-a" })).ToContainTextAsync("$7.98");

            await page.GotoAsync("/gpus?range=7d");
            await Assertions.Expect(device).ToContainTextAsync("$7.98", new() { Timeout = RatedWithinMilliseconds });
            await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Idle", Exact = true }).Locator(".tile-value")).Not.ToHaveTextAsync(idle, new() { Timeout = RatedWithinMilliseconds });
        });
    }
}
