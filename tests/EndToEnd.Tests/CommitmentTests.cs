using System.Net;
using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What finance does with a contract: enter what was promised, see what calls use of it, be refused what was promised already, end it and take that back.</summary>
public sealed class CommitmentTests(DemoInstallation demo)
{
    [Fact]
    public async Task Commitment_OfASeller_IsPreviewedSavedUsedAndUndone()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("helper"));
            await page.GotoAsync("/prices/commitments");
            await page.ShowsAsync("Commitments");
            await Assertions.Expect(page.GetByText("Nothing is promised to a seller")).ToBeVisibleAsync();
            await AddAsync("OpenAI 2026", "100");
            await Assertions.Expect(page.GetByText("its calls cost $0.00: it would have covered $0.00, and $100.00 would have been paid unused.")).ToBeVisibleAsync();
            await SaveAsync();

            var commitment = page.GetByRole(AriaRole.Article, new() { Name = "OpenAI 2026" });
            await Assertions.Expect(commitment).ToContainTextAsync("openai, all models · 100 USD a month");
            await Assertions.Expect(commitment).ToContainTextAsync("of $100.00");
            await Assertions.Expect(commitment.Locator("dd").Nth(1)).ToContainTextAsync(OtlpSender.CostOfACall);

            // The same calls cannot be promised twice.
            await AddAsync("Some models", "5");
            await SaveAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("(5 USD a month) overlaps what holds from");
            await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

            await page.GetByRole(AriaRole.Button, new() { Name = "End OpenAI 2026" }).ClickAsync();
            await page.GetByLabel("Reason").FillAsync("not renewed");
            await page.GetByRole(AriaRole.Button, new() { Name = "End it" }).ClickAsync();
            await Assertions.Expect(page.Card("History of OpenAI 2026")).ToContainTextAsync("“not renewed”");
            await page.GetByRole(AriaRole.Button, new() { Name = "Undo the last change" }).ClickAsync();
            await Assertions.Expect(page.Card("History of OpenAI 2026")).ToContainTextAsync("undone on the page of commitments");

            Task SaveAsync() => page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

            async Task AddAsync(string name, string amount)
            {
                await page.GetByRole(AriaRole.Button, new() { Name = "Add a commitment" }).ClickAsync();
                await page.GetByLabel("Name").FillAsync(name);
                await page.GetByLabel("Amount").FillAsync(amount);
                await page.GetByLabel("Seller").FillAsync("openai");
                await page.GetByLabel("Reason").FillAsync("contract 42");
                await page.GetByRole(AriaRole.Button, new() { Name = "Show what it would have covered" }).ClickAsync();
            }
        });
    }
}
