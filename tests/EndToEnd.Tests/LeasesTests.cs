using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies.Control;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>A budget whose threshold asks for no more calls becomes a policy in three clicks, another person approves it, and the budget's page shows what a gateway leases.</summary>
public sealed class LeasesTests(DemoInstallation demo)
{
    [Fact]
    public async Task ABudget_EnforcedAtTheGateways_ShowsItsPolicyAndItsLeases()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        var analyst = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Analyst), TenantMaker.Password);
        var address = "";
        HttpClient? agent = null;
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/budgets/new");
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Shop");
            await page.GetByLabel("Amount", new() { Exact = true }).FillAsync("100");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a condition" }).ClickAsync();
            await page.GetByLabel("Values, one a line").FillAsync("shop");
            await page.GetByLabel("What it does").Last.SelectOptionAsync("Block");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the budget" }).ClickAsync();
            await Assertions.Expect(page.Card("At the gateways")).ToContainTextAsync("no gateway enforces it yet");
            address = new Uri(page.Url).AbsolutePath;

            await page.GotoAsync("/agents");
            await page.GetByRole(AriaRole.Button, new() { Name = "Enrol a gateway" }).ClickAsync();
            await page.GetByLabel("What it is called").FillAsync("edge-1");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make a token" }).ClickAsync();
            agent = await LeasedBudget.EnrolAsync(demo.Server, (await page.Locator("pre.command").InnerTextAsync()).Split('=', '\n')[1].Trim());
        });
        using var edge = agent!;

        await demo.VisitAsync(new Visit(analyst), async page =>
        {
            await page.GotoAsync(address);
            await page.GetByRole(AriaRole.Link, new() { Name = "Enforce at the gateways: block" }).ClickAsync();
            await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Shop: block");
            await Assertions.Expect(page.GetByLabel("Feature")).ToHaveValueAsync("shop");
            await Assertions.Expect(page.GetByLabel("Leases the budget").Locator("option:checked")).ToHaveTextAsync("Shop");
            await Assertions.Expect(page.GetByLabel("Dollars of one lease")).ToHaveValueAsync("1.00");
            await page.GetByLabel("Dollars of one lease").FillAsync("2");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save the draft" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Submit for approval" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Another person has to approve it")).ToBeVisibleAsync();
        });

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/policies?policy=shop-block");
            await page.GetByRole(AriaRole.Button, new() { Name = "Approve and send out" }).ClickAsync();
            await Assertions.Expect(page.Locator(".badge.good").First).ToHaveTextAsync("active");
            var grant = await LeasedBudget.ReserveAsync(edge, new LeaseRequest("shop-block", address.Split('/')[^1], 2, 600));
            Assert.Equal(2, grant.Usd);
            await LeasedBudget.SettleAsync(edge, new LeaseSettlement(grant.LeaseId, 0.5m, 3));

            await page.GotoAsync(address);
            var card = page.Card("At the gateways");
            await Assertions.Expect(card.GetByRole(AriaRole.Link, new() { Name = "Shop: block" })).ToBeVisibleAsync();
            await Assertions.Expect(card.Locator("table").First).ToContainTextAsync("block from 100 %");
            await Assertions.Expect(card.Locator("table").Nth(1)).ToContainTextAsync("edge-1");
            await Assertions.Expect(card.Locator("table").Nth(1)).ToContainTextAsync("0.50");
            await Assertions.Expect(card.GetByRole(AriaRole.Link, new() { Name = "Enforce" })).ToHaveCountAsync(0);
        });
    }
}
