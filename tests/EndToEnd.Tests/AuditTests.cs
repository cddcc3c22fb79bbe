using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class AuditTests(DemoInstallation demo)
{
    [Fact]
    public async Task Audit_AfterAChangeInSettings_ShowsItAndHolds()
    {
        var (_, account) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(account), async page =>
        {
            await page.GotoAsync("/settings");
            var name = page.Card("Organisation").GetByLabel("Name");
            await Assertions.Expect(name).ToBeEnabledAsync();
            await name.FillAsync("Renamed Ltd");
            await name.BlurAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Renamed. Other sessions")).ToBeVisibleAsync();

            await page.GetByRole(AriaRole.Link, new() { Name = "Audit" }).ClickAsync();
            await page.ShowsAsync("Audit");
            var newest = page.Locator(".table tbody tr").First;
            await Assertions.Expect(newest).ToContainTextAsync("organisation.renamed");
            await Assertions.Expect(newest).ToContainTextAsync(account.Email);
            await Assertions.Expect(newest).ToContainTextAsync("127.0.0.1");
            await page.GetByRole(AriaRole.Button, new() { Name = "Verify" }).ClickAsync();
            await Assertions.Expect(page.GetByText("entries hold.")).ToBeVisibleAsync();

            await page.GetByText("Export", new() { Exact = true }).ClickAsync();
            var file = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync());
            Assert.Contains("organisation.renamed", await File.ReadAllTextAsync(await file.PathAsync()), StringComparison.Ordinal);
            // Taking the record along is an entry itself.
            await Assertions.Expect(newest).ToContainTextAsync("audit.exported");
        });
    }
}
