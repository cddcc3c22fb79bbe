using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>An administrator lets a project keep samples, an analyst reads one, a viewer is offered none.</summary>
public sealed class SamplesTests(DemoInstallation demo)
{
    private const string Prompt = """[{"role":"user","content":"How long do you deliver <b>abroad</b>?"}]""";

    [Fact]
    public async Task Sample_OfAProjectThatOptedIn_IsReadOnTheCallsPageByWhoMay()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/settings");
            var card = page.Card("Samples of prompts and answers");
            await card.GetByLabel("Share of default in percent, 0 is off").FillAsync("100");
            await card.GetByLabel("Share of default in percent, 0 is off").PressAsync("Tab");
            await Assertions.Expect(card.Locator(".notice")).ToContainTextAsync("default: prompts and answers of every trace are kept for 30 days");
            await card.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
            await Assertions.Expect(card.Locator("tbody")).ToContainTextAsync("100 %");
            await Assertions.Expect(card.Locator(".notice")).ToHaveCountAsync(0);
        });

        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        // In force at the door within three seconds, and what the look takes on a busy machine.
        await Task.Delay(TimeSpan.FromSeconds(8));
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync(
            "helper", ("gen_ai.system_instructions", "Answer in one sentence."), ("gen_ai.input.messages", Prompt), ("gen_ai.output.messages", "Within five days.")));

        var analyst = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Analyst), TenantMaker.Password);
        var path = "";
        await demo.VisitAsync(new Visit(analyst), async page =>
        {
            await page.GotoAsync("/calls");
            path = (await page.Locator("tr.call a[href^='/calls/']").First.GetAttributeAsync("href"))!;
            await page.GotoAsync(path);
            var card = page.Card("Sample");
            await Assertions.Expect(card).Not.ToContainTextAsync("abroad");
            await card.GetByRole(AriaRole.Button, new() { Name = "Read the sample" }).ClickAsync();
            await Assertions.Expect(card.Locator("pre")).ToHaveCountAsync(3);
            await Assertions.Expect(card).ToContainTextAsync("\"content\": \"How long do you deliver <b>abroad</b>?\"");
            await Assertions.Expect(card.Locator("pre").Last).ToHaveTextAsync("Within five days.");
        });

        var viewer = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer), TenantMaker.Password);
        await demo.VisitAsync(new Visit(viewer), async page =>
        {
            await page.GotoAsync(path);
            await Assertions.Expect(page.Card("What it costs")).ToBeVisibleAsync();
            await Assertions.Expect(page.Card("Sample")).ToHaveCountAsync(0);
        });
    }
}
