using System.Text;
using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class BillsTests(DemoInstallation demo)
{
    /// <summary>The main path: a file with one mistake, mended, imported, accepted, and the figure beside the spend on Overview, with the month that was closed before.</summary>
    [Fact]
    public async Task Bill_WithAMistakeMendedAndAccepted_StandsOnOverviewBesideClosedMonths()
    {
        var (tenant, approver) = await demo.NewTenantAsync(TenantRole.Approver);
        var day = TimeProvider.System.GetUtcNow().AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await demo.VisitAsync(new Visit(approver), async page =>
        {
            await page.GotoAsync("/bills");
            await Assertions.Expect(page.GetByText("No bill was imported yet")).ToBeVisibleAsync();
            await ChooseAsync(page, $"date,line item,quantity,cost\n{day},\"gpt-4o, input\",1000,two\n");
            await page.GetByLabel("Who sent it").FillAsync("openai");
            await page.GetByLabel("Who sent it").BlurAsync();
            var mistake = page.GetByRole(AriaRole.Table, new() { Name = "Mistakes in the file" }).Locator("tbody tr").First;
            await Assertions.Expect(mistake).ToContainTextAsync("4 (cost)");
            await Assertions.Expect(mistake.Locator("td").First).ToHaveTextAsync("2");
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Import" })).ToHaveCountAsync(0);

            await ChooseAsync(page, $"date,line item,quantity,cost\n{day},\"gpt-4o, input\",1000,12.34\n");
            // The form of the file before is gone.
            await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "First lines of the file" })).ToContainTextAsync("12.34");
            // Who sent the first file is not asked for again.
            await Assertions.Expect(page.GetByLabel("Who sent it")).ToHaveValueAsync("openai");
            await page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();

            await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Causes" })).ToContainTextAsync("Not seen by us");
            await page.GetByLabel("Accept Not seen by us").CheckAsync();
            await Assertions.Expect(page.GetByText("This adds +$12.34")).ToBeVisibleAsync();
            await page.GetByLabel("Why").FillAsync("a team without telemetry");
            await page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
            await Assertions.Expect(page.GetByText("stands beside the figures now")).ToBeVisibleAsync();

            await page.GotoAsync("/?range=7d");
            await Assertions.Expect(page.GetByText("Accepted adjustments +$12.34 for 1 day")).ToBeVisibleAsync();

            var now = TimeProvider.System.GetUtcNow();
            var month = new DateOnly(now.Year, now.Month, 1).AddMonths(-1);
            await demo.Tenants.CloseMonthAsync(tenant.Id, month, 40m, 0.12m);
            await page.GotoAsync("/?range=last-month");
            await page.GetByRole(AriaRole.Link, new() { Name = $"{month.ToString("MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture)} closed · +$0.12 since" }).ClickAsync();
            await Assertions.Expect(page.Card("Months").Locator("tbody tr").First).ToContainTextAsync("+$0.12");
        });
    }

    /// <summary>The field listens a moment after it stands there: no person is so quick.</summary>
    private static async Task ChooseAsync(IPage page, string csv)
    {
        var field = page.GetByLabel("Bill as a CSV file");
        await page.WaitForFunctionAsync("field => field._blazorInputFileNextFileId !== undefined", await field.ElementHandleAsync());
        await field.SetInputFilesAsync(new FilePayload { Name = "bill.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(csv) });
    }
}
