using System.Globalization;
using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What finance does: set the currency that invoices come in, paste rates, see both figures, and take the month along as a file.</summary>
public sealed class CurrencyTests(DemoInstallation demo)
{
    [Fact]
    public async Task Currency_WithARate_IsShownBesideDollarsAndTheFileSumsToTheSame()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("helper"));
            await page.GotoAsync("/settings");
            await page.ShowsAsync("Settings");
            await page.GetByRole(AriaRole.Link, new() { Name = "Billing currency and rates" }).ClickAsync();
            await page.ShowsAsync("Currency");
            await page.GetByLabel("Code (ISO 4217)").FillAsync("EUR");
            await page.GetByRole(AriaRole.Button, new() { Name = "Set currency" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Costs are shown in EUR, too.")).ToBeVisibleAsync();
            await page.GotoAsync("/");
            await Assertions.Expect(page.GetByText("no EUR rate for")).ToBeVisibleAsync();

            await page.GotoAsync("/prices/currency");
            await page.GetByLabel("Where they are from").FillAsync("our bank");
            await page.GetByLabel("A day a line").FillAsync("2026-13-01,0.5");
            await page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Line 1: \"2026-13-01\" is not a date")).ToBeVisibleAsync();
            await page.GetByLabel("A day a line").FillAsync($"{TimeProvider.System.GetUtcNow().AddDays(-2):yyyy-MM-dd},0.5");
            await page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
            await Assertions.Expect(page.GetByText("1 days added")).ToBeVisibleAsync();
            await Assertions.Expect(page.Card("Rates of EUR")).ToContainTextAsync("our bank");
            await page.GotoAsync("/");
            await Assertions.Expect(page.Locator(".billing")).ToContainTextAsync("EUR");

            await page.GotoAsync("/settings");
            await page.ShowsAsync("Settings");
            var file = await page.RunAndWaitForDownloadAsync(() => page.Card("Exports").GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
            var csv = await File.ReadAllTextAsync(await file.PathAsync());
            var rows = FocusRules.Parse(csv).Rows;
            Assert.Empty(FocusRules.Violations(csv, "1.4"));
            var usd = rows.Sum(row => decimal.Parse(row["PricingCurrencyEffectiveCost"], CultureInfo.InvariantCulture));
            Assert.Equal(decimal.Parse(OtlpSender.CostOfACall.TrimStart('$'), CultureInfo.InvariantCulture), usd);
            Assert.Equal(usd / 2, rows.Sum(row => decimal.Parse(row["EffectiveCost"], CultureInfo.InvariantCulture)));
        });
    }
}
