using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class PricesTests(DemoInstallation demo)
{
    /// <summary>The book is followed every 5 seconds.</summary>
    private const float FollowedWithinMilliseconds = 20_000;

    [Fact]
    public async Task NegotiatedPrice_Added_StandsOnALineItemOfTheNextCall_AndIsUndone()
    {
        var (tenant, approver) = await demo.NewTenantAsync(TenantRole.Approver);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        await demo.VisitAsync(new Visit(approver), async page =>
        {
            await page.GotoAsync("/prices");
            await page.WaitForFirstAsync(".table tbody tr");
            await page.GetByLabel("Find a model or seller").FillAsync("openai 4o mini");
            await page.GetByRole(AriaRole.Button, new() { Name = "Find", Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "gpt-4o-mini", Exact = true }).First.ClickAsync();
            await page.ShowsAsync("gpt-4o-mini");
            await Assertions.Expect(page.Locator(".timeline .bar").First).ToBeVisibleAsync();

            await page.GetByRole(AriaRole.Button, new() { Name = "Add own price" }).ClickAsync();
            var form = page.GetByRole(AriaRole.Region, new() { Name = "Own price" });
            await form.GetByLabel("USD per 1M tokens").FillAsync("0.1x");
            await Assertions.Expect(form.GetByText("Give the price in USD")).ToBeVisibleAsync();
            await form.GetByLabel("USD per 1M tokens").FillAsync("0.1");
            await form.GetByLabel("Why, for the history").FillAsync("contract 42");
            await form.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
            await Assertions.Expect(form.GetByText("openai gpt-4o-mini, 0.1 USD for 1,000,000 tokens (Input), always")).ToBeVisibleAsync();
            await form.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Assertions.Expect(page.Locator("tr", new() { HasText = "own price" })).ToContainTextAsync("$0.10");
            await Assertions.Expect(page.GetByRole(AriaRole.Cell, new() { Name = "contract 42", Exact = true })).ToBeVisibleAsync();

            // 1,000 input tokens at the own price, 500 output tokens at the list's.
            await ExpectCostAsync(page, sender, "$0.0004");
            await page.Locator("tr.call a[href^='/calls/']").First.ClickAsync();
            await Assertions.Expect(page.Card("What it costs")).ToContainTextAsync("own price");

            await page.GotoAsync("/prices/model?seller=openai&entry=gpt-4o-mini");
            await Assertions.Expect(page.Card("Calls that these prices are for")).ToContainTextAsync("gpt-4o-mini-2024-07-18");

            await page.GotoAsync("/prices/changes");
            await page.Locator("tr", new() { HasText = "contract 42" }).GetByRole(AriaRole.Link).ClickAsync();
            await Assertions.Expect(page.GetByText("+ added")).ToBeVisibleAsync();
            await page.GetByLabel("Undo it, because").FillAsync("signed too early");
            await page.GetByRole(AriaRole.Button, new() { Name = "Undo", Exact = true }).ClickAsync();
            await Assertions.Expect(page.GetByText("− superseded")).ToBeVisibleAsync();
            await ExpectCostAsync(page, sender, OtlpSender.CostOfACall);
        });
    }

    /// <summary>Calls are rated when they arrive: until the price has reached the door, another one is sent.</summary>
    private static async Task ExpectCostAsync(IPage page, OtlpSender sender, string cost)
    {
        var until = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await sender.SendCallAsync("prices");
            await page.GotoAsync("/calls");
            await page.WaitForFirstAsync("tr.call");
            if ((await page.Locator("tr.call").First.InnerTextAsync()).Split(['\t', '\n', ' ']).Contains(cost)) return;
            Assert.True(TimeProvider.System.GetElapsedTime(until).TotalMilliseconds < FollowedWithinMilliseconds, $"No call cost {cost}: {await page.Locator("tr.call").First.InnerTextAsync()}");
        }
    }
}
