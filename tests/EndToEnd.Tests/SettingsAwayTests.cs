using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;
using static FinOps.EndToEnd.Tests.StoreAwayTests;

namespace FinOps.EndToEnd.Tests;

/// <summary>What a reader sees while the store of settings is away.</summary>
[Collection(OwnServers.Name)]
public sealed class SettingsAwayTests(DemoInstallation demo, LonelyServer server)
{
    /// <summary>The store of settings: what was shown stays, what is typed stays, and a button says what is not known.</summary>
    [Fact]
    public async Task SettingsRefuse_PoliciesAgentsKeysAndBudgets_KeepWhatTheyShowAndWhatIsTyped()
    {
        var (_, admin) = await server.NewTenantAsync(TenantRole.Admin);
        foreach (var (address, title, open, label, save) in ((string, string, string, string, string)[])
            [
                ("/agents", "Agents", "Enrol a gateway", "What it is called", "Make a token"),
                ("/gateway-keys", "Keys", "New key", "Name", "Make the key"),
                ("/policies", "Policies", "New policy", "Name", "Save the draft"),
            ])
        {
            await demo.VisitAsync(server.VisitOf(admin), async page =>
            {
                await page.GotoAsync(address);
                await page.Card(title).Locator(".state").WaitForAsync();
                await server.PostgresGate.ShutAsync();
                try
                {
                    await Assertions.Expect(page.Card(title).GetByRole(AriaRole.Status)).ToContainTextAsync("PostgreSQL, the store of settings, does not answer.", Slow);
                    await page.GetByRole(AriaRole.Button, new() { Name = open }).ClickAsync();
                    var field = page.GetByLabel(label, new() { Exact = true });
                    await field.FillAsync("edge-2");
                    if (address == "/policies") await page.GetByLabel("Most tokens of an answer").FillAsync("300");
                    await page.GetByRole(AriaRole.Button, new() { Name = save }).ClickAsync();
                    await Assertions.Expect(page.GetByText("Look whether it was saved before you try again.")).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });
                    await Assertions.Expect(field).ToHaveValueAsync("edge-2");
                }
                finally
                {
                    server.PostgresGate.Open();
                }

                await page.GetByRole(AriaRole.Button, new() { Name = save }).ClickAsync();
                await Assertions.Expect(page.GetByText("Look whether it was saved before you try again.")).ToHaveCountAsync(0, new() { Timeout = NoticedWithinMilliseconds });
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("edge-2");
            });
        }

        await demo.VisitAsync(server.VisitOf(admin), async page =>
        {
            await page.GotoAsync("/budgets/new");
            var name = page.GetByLabel("Name", new() { Exact = true });
            await name.FillAsync("Search");
            await page.GetByLabel("Amount", new() { Exact = true }).FillAsync("500");
            await WhileRefusedAsync(page, "Make the budget", name, "Search");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the budget" }).ClickAsync();
            await page.ShowsAsync("Search");
            await page.GetByRole(AriaRole.Button, new() { Name = "Archive", Exact = true }).ClickAsync();
            await WhileRefusedAsync(page, "Archive Search", page.GetByLabel("Name", new() { Exact = true }), "Search");
        });
    }

    /// <summary>What the button says that may have been heard, and what was typed.</summary>
    private async Task WhileRefusedAsync(IPage page, string button, ILocator field, string typed)
    {
        await server.PostgresGate.ShutAsync();
        try
        {
            await page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
            await Assertions.Expect(page.GetByText("Look whether it was saved before you try again.")).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });
            await Assertions.Expect(field).ToHaveValueAsync(typed);
        }
        finally
        {
            server.PostgresGate.Open();
        }
    }
}
