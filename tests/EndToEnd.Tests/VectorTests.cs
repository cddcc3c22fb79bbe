using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>The demo's vector database and buckets, and a price for the tier that has none.</summary>
public sealed class VectorTests(DemoInstallation demo)
{
    /// <summary>Rating a month anew takes some seconds.</summary>
    private const float RatedWithinMilliseconds = 60_000;

    [Fact]
    public async Task Vectors_OfTheDemo_ShowWhoPaysAndATierGetsItsPrice()
    {
        await demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
        {
            await page.GotoAsync("/vectors?range=7d");
            await page.ShowsAsync("Vectors & storage");
            var parts = page.Card("Collections and buckets").Locator("tbody tr");
            await Assertions.Expect(parts.Filter(new() { HasText = "help_articles" }).First).ToContainTextAsync("$", new() { Timeout = RatedWithinMilliseconds });
            await Assertions.Expect(page.Card("Who it was spent for")).ToContainTextAsync("help-center-answers", new() { Timeout = RatedWithinMilliseconds });
            await Assertions.Expect(page.Card("Who it was spent for")).ToContainTextAsync("Idle");
            await Assertions.Expect(page.Card("What has no owner")).ToContainTextAsync("neither feature, team nor customer is told");
            var archive = parts.Filter(new() { HasText = "archive" });
            await Assertions.Expect(archive).ToContainTextAsync("unpriced");

            await page.GetByRole(AriaRole.Link, new() { Name = "Set prices" }).ClickAsync();
            await page.ShowsAsync("Resource prices");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a database or storage price" }).ClickAsync();
            await page.GetByLabel("Product or provider").FillAsync("aws.s3");
            await page.GetByLabel("Paid by").SelectOptionAsync("StorageGigabyteMonths");
            await page.GetByLabel("Tier, empty for any").FillAsync("archive");
            await page.GetByLabel("Price per GB-month, $").FillAsync("0.0036");
            await page.GetByLabel("Reason").FillAsync("list of November");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
            await Assertions.Expect(page.Card("Vector databases & storage").Locator("tbody tr").Filter(new() { HasText = "archive" })).ToContainTextAsync("$0.0036");

            await page.GotoAsync("/vectors?range=7d");
            await Assertions.Expect(archive).ToContainTextAsync("$", new() { Timeout = RatedWithinMilliseconds });
            await Assertions.Expect(archive).Not.ToContainTextAsync("unpriced");
        });
    }
}
