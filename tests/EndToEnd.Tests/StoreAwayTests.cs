using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What a reader sees while the analytics store is away, and that the pages find back without a reload.</summary>
[Collection(OwnServers.Name)]
public sealed class StoreAwayTests(DemoInstallation demo, LonelyServer server)
{
    /// <summary>A page refreshes every 5 seconds; a store that hangs is given 15 seconds to answer.</summary>
    internal const float NoticedWithinMilliseconds = 40_000;

    [Fact]
    public async Task StoreRefuses_OpenPage_KeepsItsFiguresSaysSoAndFindsBack()
    {
        var (tenant, admin) = await server.NewTenantAsync(TenantRole.Admin);
        using (var sender = new OtlpSender(server.Process, tenant.IngestKey)) Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("chat"));
        await demo.VisitAsync(server.VisitOf(admin), StoreRefusesAsync);
    }

    private async Task StoreRefusesAsync(IPage page)
    {
        await page.GotoAsync("/");
        await page.WaitForFirstAsync(PageSteps.DrawnBar);
        await server.ClickHouseGate.ShutAsync();
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
            server.ClickHouseGate.Open();
        }

        await page.Locator(PageSteps.DrawnBar).First.WaitForAsync(new LocatorWaitForOptions { Timeout = NoticedWithinMilliseconds });
        await page.WaitForFirstAsync(".table tr.sum");
        await Assertions.Expect(page.GetByText("store away")).ToHaveCountAsync(0, new() { Timeout = NoticedWithinMilliseconds });
    }

    /// <summary>As somebody of an organisation of their own: pages that others left open would use up the seconds that an organisation may ask for.</summary>
    [Fact]
    public async Task StoreHangs_NewPage_SaysThatNoAnswerCame()
    {
        var (_, analyst) = await server.NewTenantAsync(TenantRole.Analyst);
        await demo.VisitAsync(server.VisitOf(analyst), async page =>
        {
            await page.GotoAsync("/account");
            await page.ShowsAsync("Account");
            server.ClickHouseGate.Hold();
            try
            {
                await page.GetByRole(AriaRole.Link, new() { Name = "Calls", Exact = true }).ClickAsync();
                await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("There was no answer within 15 s.", Slow);
            }
            finally
            {
                server.ClickHouseGate.Release();
            }

            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0, new() { Timeout = NoticedWithinMilliseconds });
        });
    }

    /// <summary>What is active must be seen and taken back whatever the store of calls does; what it alone knows is said to be missing.</summary>
    [Fact]
    public async Task StoreRefuses_PoliciesAgentsKeysAndBudget_GoOnWithoutIt()
    {
        var (tenant, admin) = await server.NewTenantAsync(TenantRole.Admin);
        await LeasedBudget.MakeAsync(server.Process, server.Tenants, tenant);
        await demo.VisitAsync(server.VisitOf(admin), async page =>
        {
            await page.GotoAsync("/policies?policy=support-block");
            await page.WaitForFirstAsync(".touches");
            await server.ClickHouseGate.ShutAsync();
            try
            {
                var chosen = page.Card("Support: block");
                await Assertions.Expect(chosen.GetByText("These are the last figures that it gave.")).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });
                await Assertions.Expect(chosen.Locator(".touches")).ToBeVisibleAsync();

                await OpenAsync(page, "Agents", ".table tbody tr");
                await OpenAsync(page, "Gateway keys", ".state");
                await OpenAsync(page, "Policies", ".table tbody tr");
                await page.GetByRole(AriaRole.Link, new() { Name = "Support: block" }).ClickAsync();
                await Assertions.Expect(chosen).ToContainTextAsync("What it touches is not known", Slow);

                await page.GetByRole(AriaRole.Button, new() { Name = "New policy" }).ClickAsync();
                await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Cap summaries");
                await page.GetByLabel("Feature").FillAsync("summaries");
                await page.GetByLabel("Most tokens of an answer").FillAsync("300");
                await page.GetByRole(AriaRole.Button, new() { Name = "Preview on last week's calls" }).ClickAsync();
                await Assertions.Expect(page.GetByText("The draft can be saved without a preview.")).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });
                await page.GetByRole(AriaRole.Button, new() { Name = "Save the draft" }).ClickAsync();
                await Assertions.Expect(page.Card("Cap summaries")).ToContainTextAsync("draft");

                await page.GetByRole(AriaRole.Link, new() { Name = "Support: block" }).ClickAsync();
                await chosen.GetByRole(AriaRole.Button, new() { Name = "Undo: take it back" }).ClickAsync();
                await Assertions.Expect(page.Card("Versions")).ToContainTextAsync("withdrawn");

                await OpenAsync(page, "Budgets", ".table tbody tr, .card");
                await page.GetByRole(AriaRole.Link, new() { Name = "Support", Exact = true }).First.ClickAsync();
                await Assertions.Expect(page.Card("At the gateways")).ToContainTextAsync("edge-frankfurt", Slow);
            }
            finally
            {
                server.ClickHouseGate.Open();
            }

            await page.GotoAsync("/policies?policy=support-block");
            await page.WaitForFirstAsync(".touches");
        });
    }

    [Fact]
    public async Task StoreHangs_PoliciesAndBudget_AreThereBeforeItAnswers()
    {
        var (tenant, admin) = await server.NewTenantAsync(TenantRole.Admin);
        await LeasedBudget.MakeAsync(server.Process, server.Tenants, tenant);
        await demo.VisitAsync(server.VisitOf(admin), async page =>
        {
            await page.GotoAsync("/settings");
            await page.ShowsAsync("Settings");
            server.ClickHouseGate.Hold();
            try
            {
                await OpenAsync(page, "Policies", ".table tbody tr");
                await page.GetByRole(AriaRole.Link, new() { Name = "Support: block" }).ClickAsync();
                var chosen = page.Card("Support: block");
                await Assertions.Expect(chosen.GetByRole(AriaRole.Button, new() { Name = "Undo: take it back" })).ToBeVisibleAsync();
                await Assertions.Expect(chosen).ToContainTextAsync("There was no answer within 15 s.", Slow);

                await OpenAsync(page, "Budgets", ".table tbody tr, .card");
                await page.GetByRole(AriaRole.Link, new() { Name = "Support", Exact = true }).First.ClickAsync();
                await Assertions.Expect(page.Card("At the gateways")).ToContainTextAsync("edge-frankfurt", Slow);
            }
            finally
            {
                server.ClickHouseGate.Release();
            }
        });
    }

    /// <summary>By the rail, within the page: a store that is away lets no new page in.</summary>
    private static async Task OpenAsync(IPage page, string name, string shown)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).First.ClickAsync();
        // The page before may be waiting for the store.
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = name, Exact = true })).ToBeVisibleAsync(new() { Timeout = NoticedWithinMilliseconds });
        await page.WaitForFirstAsync(shown);
    }

    internal static LocatorAssertionsToContainTextOptions Slow => new() { Timeout = NoticedWithinMilliseconds };
}
