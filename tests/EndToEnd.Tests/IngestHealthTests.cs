using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

public sealed class IngestHealthTests(DemoInstallation demo)
{
    [Fact]
    public async Task IngestHealth_GoodAndBrokenRequest_ShowsBothByReason()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await SendAsync(tenant);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/ingest");
            await page.ShowsAsync("Ingest health");
            var reasons = page.Card("By reason").Locator("tbody tr");
            await Assertions.Expect(reasons.Filter(new() { HasText = "accepted" })).ToHaveCountAsync(1);
            await Assertions.Expect(reasons.Filter(new() { HasText = "malformed" })).ToHaveCountAsync(1);
        });
    }

    private async Task SendAsync(TestTenant tenant)
    {
        using var sender = new OtlpSender(demo.Server, tenant.IngestKey);
        Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("health-check"));
        Assert.Equal(HttpStatusCode.BadRequest, await sender.SendBrokenAsync());
    }
}
