using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>A deployment's name that no list knows: from the count on the overview over one click, or a price of its own, to history with a price.</summary>
public sealed class RerateTests(DemoInstallation demo)
{
    /// <summary>Jobs wait for a worker: other tests share the two that there are.</summary>
    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 60_000 };

    [Fact]
    public async Task UnknownModel_WithOneClick_GetsAPriceAndItsHistoryIsRatedAnew()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendDeploymentAsync("support", "prod-gpt-4o-mini-eu"));

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/");
            await page.Card("How complete this is").GetByRole(AriaRole.Link, new() { Name = "1 of 1" }).ClickAsync();
            var queue = page.Card("By model");
            await Assertions.Expect(queue.Locator("tbody")).ToContainTextAsync("no price of this name");
            await Assertions.Expect(queue.Locator("tbody")).ToContainTextAsync("the name contains it");
            await queue.GetByRole(AriaRole.Button, new() { Name = "Price prod-gpt-4o-mini-eu as gpt-4o-mini of openai" }).ClickAsync();

            // The alias is made; what it changes is shown before anything changes.
            await Assertions.Expect(page.Card("By model")).ToContainTextAsync("1 get a price", Patient);
            await page.GetByRole(AriaRole.Button, new() { Name = "Apply…" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Alertdialog)).ToContainTextAsync("The cost of 1 call changes, for everybody in your organisation");
            await page.GetByRole(AriaRole.Button, new() { Name = "Change the cost of 1 call" }).ClickAsync();
            await Assertions.Expect(page.Card("What to do")).ToContainTextAsync("Take it back: old costs again", Patient);

            await page.GotoAsync("/");
            await Assertions.Expect(page.Card("How complete this is")).ToContainTextAsync("none: every call of this range has a price", Patient);
            await page.GotoAsync("/calls");
            await page.Locator("tr.call a[href^='/calls/']").First.ClickAsync();
            await Assertions.Expect(page.Card("What it costs")).ToContainTextAsync("How this cost changed");
            await Assertions.Expect(page.Card("What it costs")).ToContainTextAsync("instead of no price");
            await Assertions.Expect(page.Card("What it costs")).ToContainTextAsync("line items sum to the cost");
        });
    }

    [Fact]
    public async Task UnknownModel_WithAnOwnPrice_PreviewsWhatItChanges()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendDeploymentAsync("support", "prod-gpt-4o-mini-eu"));

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/prices/unpriced");
            await page.Card("By model").GetByRole(AriaRole.Button, new() { Name = "Own price of prod-gpt-4o-mini-eu" }).ClickAsync();
            var form = page.GetByRole(AriaRole.Region, new() { Name = "Own price of prod-gpt-4o-mini-eu" });
            // Filled by the suggestion's example, and changed.
            await Assertions.Expect(form).ToContainTextAsync("Filled with what gpt-4o-mini of openai costs");
            await form.GetByLabel("USD per 1M tokens of Input").FillAsync("0.5");
            await form.GetByRole(AriaRole.Button, new() { Name = "Preview", Exact = true }).ClickAsync();
            await Assertions.Expect(form).ToContainTextAsync("0.5 USD for 1,000,000 tokens (Input), named prod-gpt-4o-mini-eu, always");
            await form.GetByRole(AriaRole.Button, new() { Name = "Save and preview the re-rating" }).ClickAsync();

            await Assertions.Expect(page.Card("By model")).ToContainTextAsync("1 get a price", Patient);
        });
    }
}
