using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class CallsTests(DemoInstallation demo)
{
    [Fact]
    public Task Columns_Chosen_AreRememberedByTheBrowser() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/calls");
        await page.WaitForFirstAsync("tr.call");
        await Assertions.Expect(Head(page, "team")).ToHaveCountAsync(0);
        await page.GetByText("Columns", new() { Exact = true }).ClickAsync();
        await page.GetByLabel("Team").CheckAsync();
        await page.GetByLabel("User").UncheckAsync();
        await Assertions.Expect(Head(page, "team")).ToHaveTextAsync("Team");
        await Assertions.Expect(Head(page, "user")).ToHaveCountAsync(0);
        // A click elsewhere closes the menu.
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Team")).ToBeHiddenAsync();

        await page.ReloadAsync();
        await page.WaitForFirstAsync("tr.call");
        await Assertions.Expect(Head(page, "team")).ToHaveTextAsync("Team");
        await Assertions.Expect(Head(page, "user")).ToHaveCountAsync(0);
        Assert.All(await page.Locator("tr.call td[data-column=team]").AllTextContentsAsync(), team => Assert.NotEmpty(team.Trim()));
    });

    [Fact]
    public Task Columns_Dragged_KeepTheirWidthAfterAReload() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/calls");
        await page.WaitForFirstAsync("tr.call");
        var grip = await Head(page, "model").Locator(".grip").BoundingBoxAsync() ?? throw new InvalidOperationException("No grip.");
        var before = await WidthAsync(page);
        await page.Mouse.MoveAsync(grip.X + 4, grip.Y + 8);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(grip.X + 84, grip.Y + 8);
        await page.Mouse.UpAsync();
        Assert.InRange(await WidthAsync(page) - before, 70, 90);
        await page.ReloadAsync();
        await page.WaitForFirstAsync("tr.call");
        Assert.InRange(await WidthAsync(page) - before, 70, 90);
        await Head(page, "model").Locator(".grip").DblClickAsync();
        Assert.InRange(await WidthAsync(page) - before, -5, 5);
    });

    [Fact]
    public Task List_Scrolled_KeepsItsHeadAndTheSumOfAllCallsInSight() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        await page.GotoAsync("/calls?feature=research-agent");
        await page.WaitForFirstAsync("tr.call");
        await Assertions.Expect(page.Locator("tr.sum")).ToContainTextAsync("$");
        await page.GetByRole(AriaRole.Region, new() { Name = "Calls", Exact = true }).EvaluateAsync("table => { table.scrollTop = 600; }");
        await Assertions.Expect(page.Locator("thead th").First).ToBeInViewportAsync();
        await Assertions.Expect(page.Locator("tr.sum td").First).ToBeInViewportAsync();
        await Assertions.Expect(page.Locator("tr.call").First).Not.ToBeInViewportAsync();
    });

    [Fact]
    public async Task Call_AnsweredFromTheEdgesCache_TellsWhatWasAvoidedAndWhichPoliciesTouchedIt()
    {
        var hit = await demo.ReconciledAsync();
        await demo.VisitAsync(new Visit(hit.Admin), async page =>
        {
            await page.GotoAsync(hit.HitPath);
            var costs = page.Card("What it costs");
            await Assertions.Expect(costs.Locator("tr.sum td").Nth(1)).ToHaveTextAsync("$0.00");
            await Assertions.Expect(costs.Locator("tr.sum td").Nth(2)).ToHaveTextAsync(OtlpSender.CostOfACall);
            await Assertions.Expect(page.Card("The call")).ToContainTextAsync("answered from it");
            var policies = page.Card("Policies");
            await Assertions.Expect(policies.Locator("tbody td")).ToHaveTextAsync((string[])
            [
                "small-model-for-search", "4", "treatment", "sent it to another model",
                "keep-answers", "2", "treatment", "answered from the cache",
                "cap-output", "7", "dry run", "would have limited the output",
            ]);
            await Assertions.Expect(policies.GetByRole(AriaRole.Link, new() { Name = "keep-answers" })).ToHaveAttributeAsync("href", "/policies?policy=keep-answers");

            await page.GotoAsync("/calls?policy=keep-answers");
            await Assertions.Expect(page.Locator("tr.call")).ToHaveCountAsync(1);
            await page.GetByLabel("Remove the filter policy keep-answers").ClickAsync();
            await Assertions.Expect(page.Locator("tr.call")).ToHaveCountAsync(4);
        });
    }

    [Fact]
    public async Task Call_WithAKeyOfTheGateway_NamesItToWhoMaySeeKeys_AndTellsWhatKeptVectorsAvoided()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        var lead = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer, ["care"]), TenantMaker.Password);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        // The second key is one of the gateway's own file.
        foreach (var key in (string[])["checkout", "of-a-file"])
        {
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync(
                key, ("team", "care"), ("finops.key", key), ("finops.cache", "partial"), ("finops.tokens_avoided", "2000")));
        }

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/gateway-keys");
            await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Checkout");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();

            await OpenAsync(page, "of-a-file");
            await Assertions.Expect(page.Card("The call")).ToContainTextAsync("of-a-file");
            await Assertions.Expect(page.Card("The call").GetByRole(AriaRole.Link)).ToHaveCountAsync(0);

            await OpenAsync(page, "checkout");
            await Assertions.Expect(page.Card("The call")).ToContainTextAsync("had the vectors of a part of the list");
            var costs = page.Card("What it costs");
            await Assertions.Expect(costs.Locator("tr.sum td").Nth(1)).ToHaveTextAsync(OtlpSender.CostOfACall);
            await Assertions.Expect(costs.Locator("tr.sum td").Nth(2)).ToHaveTextAsync("$0.0003");
            await Assertions.Expect(costs.Locator("tbody tr").Filter(new() { HasText = "kept" })).ToHaveCountAsync(1);
            await page.Card("The call").GetByRole(AriaRole.Link, new() { Name = "Checkout", Exact = true }).ClickAsync();
            await Assertions.Expect(page.Locator(".table tbody tr")).ToHaveCountAsync(1);
        });
        await demo.VisitAsync(new Visit(lead), async page =>
        {
            await OpenAsync(page, "checkout");
            await Assertions.Expect(page.Card("The call")).ToContainTextAsync("checkout");
            await Assertions.Expect(page.Card("The call").GetByRole(AriaRole.Link)).ToHaveCountAsync(0);
        });

        static async Task OpenAsync(IPage page, string feature)
        {
            await page.GotoAsync($"/calls?feature={feature}");
            await page.Locator("tr.call a").First.ClickAsync();
            await page.Card("The call").WaitForAsync();
        }
    }

    private static ILocator Head(IPage page, string column) => page.Locator($"th[data-column={column}]");

    private static async Task<float> WidthAsync(IPage page) => (await Head(page, "model").BoundingBoxAsync() ?? throw new InvalidOperationException("No such column.")).Width;
}
