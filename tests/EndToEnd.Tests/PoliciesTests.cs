using System.Net;
using System.Net.Http.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>An analyst drafts an output limit and sees what it touches, an approver approves it in the browser, and an agent has it within seconds.</summary>
public sealed class PoliciesTests(DemoInstallation demo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Policy_DraftedAndApprovedInTheBrowser_ReachesAnAgent_AndIsUndone()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        var analyst = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Analyst), TenantMaker.Password);
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("summaries"));

        EnrolResponse? enrolled = null;
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/agents");
            await page.GetByRole(AriaRole.Button, new() { Name = "Enrol a gateway" }).ClickAsync();
            await page.GetByLabel("What it is called").FillAsync("edge-1");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make a token" }).ClickAsync();
            var command = await page.Locator("pre.command").InnerTextAsync();
            Assert.StartsWith("export FINOPS_ENROL_TOKEN=", command, StringComparison.Ordinal);
            using var nobody = demo.Server.Client();
            using var answer = await nobody.PostAsJsonAsync(AgentControl.EnrolPath, new EnrolRequest(command.Split('=', '\n')[1].Trim(), "test 1", "host"), ControlJson.Default.EnrolRequest);
            enrolled = await answer.Content.ReadFromJsonAsync(ControlJson.Default.EnrolResponse);
            await page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
            await Assertions.Expect(page.Locator(".table tbody tr")).ToContainTextAsync("nothing to obey", new() { Timeout = 10_000 });
        });

        await demo.VisitAsync(new Visit(analyst), async page =>
        {
            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Button, new() { Name = "New policy" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Cap summaries");
            await page.GetByLabel("Feature").FillAsync("summaries");
            await page.GetByLabel("Most tokens of an answer").FillAsync("0");
            await page.GetByRole(AriaRole.Button, new() { Name = "Preview on last week's calls" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("$.body.max_tokens");
            await page.GetByLabel("Most tokens of an answer").FillAsync("300");
            await page.GetByRole(AriaRole.Button, new() { Name = "Preview on last week's calls" }).ClickAsync();
            await Assertions.Expect(page.Locator(".touches")).ToContainTextAsync("it fits 1 call");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save the draft" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Submit for approval" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Another person has to approve it")).ToBeVisibleAsync();
        });

        using var agent = demo.Server.Client(enrolled!.AgentKey);
        var waiting = agent.GetByteArrayAsync($"{AgentControl.BundlePath}?have=0&wait=60");
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Link, new() { Name = "Cap summaries" }).ClickAsync();
            await Assertions.Expect(page.Locator(".difference .added").Filter(new() { HasText = "\"max_tokens\": 300" })).ToHaveCountAsync(1);
            await page.GetByRole(AriaRole.Button, new() { Name = "Approve and send out" }).ClickAsync();
            var began = TimeProvider.System.GetTimestamp();
            var bundle = Judge(await waiting, enrolled);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Soon);
            Assert.Equal(new OutputLimit(300), Assert.Single(bundle.Policies).Body);
            using (await agent.PostAsJsonAsync(AgentControl.AcknowledgePath, new Acknowledgement(bundle.Version, "none", []), ControlJson.Default.Acknowledgement))
                await Assertions.Expect(page.Card("Gateways")).ToContainTextAsync("obeys the newest", new() { Timeout = 10_000 });

            await page.GetByRole(AriaRole.Button, new() { Name = "Undo: take it back" }).ClickAsync();
            await Assertions.Expect(page.Card("Gateways")).ToContainTextAsync("behind", new() { Timeout = 10_000 });
            Assert.Empty(Judge(await agent.GetByteArrayAsync($"{AgentControl.BundlePath}?have={bundle.Version}&wait=5"), enrolled).Policies);
        });
    }

    private static PolicyBundle Judge(byte[] bytes, EnrolResponse enrolled)
    {
        var verdict = BundleVerdict.Of(SignedBundle.Parse(bytes), BundleKey.TryParse(enrolled.SigningKey)!, new(enrolled.Tenant), null, TimeProvider.System.GetUtcNow());
        Assert.Equal(BundleRefusal.None, verdict.Refusal);
        return verdict.Bundle!;
    }
}
