using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>An approver defines an outcome, spans tell it, and the page says what a success costs; a viewer may look and not change.</summary>
public sealed class UnitCostTests(DemoInstallation demo)
{
    [Fact]
    public async Task Outcome_ThatAnApproverDefines_GivesTheCostOfASuccess()
    {
        var (tenant, approver) = await demo.NewTenantAsync(TenantRole.Approver);
        await demo.VisitAsync(new Visit(approver), async page =>
        {
            await page.GotoAsync("/units");
            await page.ShowsAsync("Unit cost");
            var card = page.Card("Outcomes");
            await Assertions.Expect(card).ToContainTextAsync("needs to know what a success is");
            await card.GetByRole(AriaRole.Button, new() { Name = "Define an outcome" }).ClickAsync();
            await card.GetByLabel("Name", new() { Exact = true }).FillAsync("order placed");
            await card.GetByLabel("Attribute", new() { Exact = true }).FillAsync("order.placed");
            await card.GetByLabel("Success with (optional)").FillAsync("yes");
            await card.GetByRole(AriaRole.Button, new() { Name = "Define", Exact = true }).ClickAsync();
            await Assertions.Expect(card.Locator("tbody")).ToContainTextAsync("attribute order.placed");
            await Assertions.Expect(card.Locator("tbody")).ToContainTextAsync("yes; else a failure");
        });

        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        // In force at the door within three seconds, and what the look takes on a busy machine.
        await Task.Delay(TimeSpan.FromSeconds(8));
        foreach (var placed in (string[])["yes", "no", "yes"])
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("shop", ("order.placed", placed), ("user.id", "ann")));

        var viewer = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer), TenantMaker.Password);
        await demo.VisitAsync(new Visit(viewer), async page =>
        {
            await page.GotoAsync("/units?unit=outcome");
            // Three calls of $0.00045 and two successes: the failed attempt costs, too.
            var tile = page.GetByRole(AriaRole.Region, new() { Name = "Per order placed", Exact = true });
            await Assertions.Expect(tile.Locator(".tile-value")).ToHaveTextAsync("$0.000675");
            await Assertions.Expect(tile).ToContainTextAsync("2 of 3 succeeded");
            await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Per user", Exact = true }).Locator(".tile-value")).ToHaveTextAsync("$0.00135");
            var row = page.Card("Cost per success of order placed by feature").Locator("tbody tr");
            await Assertions.Expect(row).ToContainTextAsync("67%");
            await Assertions.Expect(row).ToContainTextAsync("$0.00045");
            await Assertions.Expect(page.Card("Outcomes").GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
            await row.GetByRole(AriaRole.Link, new() { Name = "Calls of shop" }).ClickAsync();
            await Assertions.Expect(page.Locator("tr.call")).ToHaveCountAsync(3);
        });
    }
}
