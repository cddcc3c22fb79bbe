using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>An approver sets a budget, calls pass it, and an analyst finds the alert, looks after it and ends it.</summary>
public sealed class BudgetsTests(DemoInstallation demo)
{
    /// <summary>Longer than the job's minute.</summary>
    private const float AlertMilliseconds = 75_000;

    [Fact]
    public async Task Budget_ThatCallsPass_IsAnAlertThatAnAnalystEnds()
    {
        var (tenant, approver) = await demo.NewTenantAsync(TenantRole.Approver);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("shop"));
        await demo.VisitAsync(new Visit(approver), async page =>
        {
            await page.GotoAsync("/budgets");
            await page.GetByRole(AriaRole.Link, new() { Name = "Make the first budget" }).ClickAsync();
            await page.ShowsAsync("New budget");
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Shop");
            await page.GetByLabel("Amount", new() { Exact = true }).FillAsync("0.0005");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a condition" }).ClickAsync();
            await page.GetByLabel("Values, one a line").FillAsync("shop");
            await page.GetByRole(AriaRole.Button, new() { Name = "Preview on the last month" }).ClickAsync();
            await Assertions.Expect(page.Locator(".preview")).ToContainTextAsync("80 %: would not have alerted");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the budget" }).ClickAsync();
            // One call of $0.00045 is 90 % of it.
            await Assertions.Expect(page.Locator(".facts")).ToContainTextAsync("90%", new() { Timeout = AlertMilliseconds });
            await Assertions.Expect(page.Card("Alerts")).ToContainTextAsync("Shop: 80 % of the budget spent");
            await Assertions.Expect(page.Locator("nav.rail .count")).ToHaveTextAsync("2 open");
        });

        var analyst = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Analyst), TenantMaker.Password);
        await demo.VisitAsync(new Visit(analyst), async page =>
        {
            await page.GotoAsync("/alerts");
            var alert = page.Locator(".alerts > li").Filter(new() { HasText = "Shop: 80 %" });
            await alert.GetByRole(AriaRole.Button, new() { Name = "Useful", Exact = true }).ClickAsync();
            await Assertions.Expect(page.GetByText("100% of 1 judged alerts were useful")).ToBeVisibleAsync();
            await alert.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
            await Assertions.Expect(alert).ToHaveCountAsync(0);
            await page.GetByRole(AriaRole.Link, new() { Name = "Acknowledged" }).ClickAsync();
            await alert.GetByRole(AriaRole.Button, new() { Name = "History" }).ClickAsync();
            await Assertions.Expect(alert).ToContainTextAsync($"{analyst.Email} acknowledged it");
            await alert.GetByRole(AriaRole.Button, new() { Name = "Resolve" }).ClickAsync();
            await Assertions.Expect(alert).ToHaveCountAsync(0);
            await Assertions.Expect(page.Locator("nav.rail .count")).ToHaveTextAsync("1 open");
            // Who may not change budgets sees no editor.
            await page.GotoAsync("/budgets");
            await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Shop" })).ToBeVisibleAsync();
            // The palette finds it by its name, beside the feature that is called so.
            await page.Keyboard.PressAsync("Control+k");
            await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Combobox).FillAsync("sho");
            await page.GetByRole(AriaRole.Option).Filter(new() { HasText = "budget" }).ClickAsync();
            await page.ShowsAsync("Shop");
            await Assertions.Expect(page.Card("Alerts")).ToContainTextAsync("resolved");
            await Assertions.Expect(page.Locator(".editor")).ToHaveCountAsync(0);
        });
    }
}
