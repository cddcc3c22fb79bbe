using System.Net;
using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>Calls of sampled traces: figures stay what was seen, and beside them stands what all calls cost.</summary>
public sealed class SampledTests(DemoInstallation demo)
{
    private const int Calls = 30;

    [Fact]
    public async Task SampledCalls_AreShownAsSeen_WithAnEstimateBeside()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        for (var i = 0; i < Calls; i++) Assert.Equal(HttpStatusCode.OK, await sender.SendSampledAsync("shop"));

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/");
            var tile = page.GetByRole(AriaRole.Region, new() { Name = "Spend today", Exact = true });
            // 30 × $0.00045 were seen, and 300 are about ten times that.
            await Assertions.Expect(tile.Locator(".tile-value")).ToHaveTextAsync("$0.0135");
            await Assertions.Expect(tile).ToContainTextAsync("Sampled, 1 in 10: all about $0.135, between $0.09");
            await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Run rate", Exact = true })).ToContainTextAsync("of the calls that were seen");

            await Assertions.Expect(page.Card("How complete this is")).ToContainTextAsync("30 of 30, 1 in 10");

            await page.GotoAsync("/explore?by=feature");
            await Assertions.Expect(page.Locator("tbody tr").Filter(new() { HasText = "shop" }).First).ToContainTextAsync("sampled, 1 in 10");

            await page.GotoAsync("/calls");
            await page.Locator("tr.call").First.Locator("a").First.ClickAsync();
            await Assertions.Expect(page.GetByText("stands for 10 calls; its cost is its own")).ToBeVisibleAsync();
        });
    }
}
