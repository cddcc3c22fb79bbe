using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What the demo has not: a bill, a closed month, a name without a price, a call that policies of a gateway touched, a budget that a gateway leases, and a previewed re-rating of a name that has got one.</summary>
internal sealed record ReconciledTenant(Account Admin, string BillPath, string MonthPath, string ReratingPath, string HitPath, Guid Budget)
{
    /// <summary>Jobs wait for a worker: other tests share the two that there are.</summary>
    private static readonly TimeSpan PreviewTimeout = TimeSpan.FromSeconds(60);

    public static async Task<ReconciledTenant> MakeAsync(DemoInstallation demo)
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        string hit;
        using (var sender = new OtlpSender(demo.Server, tenant.IngestKey))
        {
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("support"));
            Assert.Equal(HttpStatusCode.OK, await sender.SendDeploymentAsync("support", "prod-gpt-4o-mini-eu"));
            Assert.Equal(HttpStatusCode.OK, await sender.SendDeploymentAsync("search", "nightly-batch"));
            hit = await sender.SendHitAsync("search");
        }

        var now = TimeProvider.System.GetUtcNow();
        var month = new DateOnly(now.Year, now.Month, 1).AddMonths(-1);
        await demo.Tenants.CloseMonthAsync(tenant.Id, month, 40m, 0.12m);
        using var http = demo.Server.Client(tenant.ApiKey);
        using var csv = new StringContent($"date,line item,quantity,cost\n{now:yyyy-MM-dd},\"gpt-4o-mini, input\",1000,0.0002\n{now:yyyy-MM-dd},\"gpt-4o-mini, output\",700,0.0004\n", Encoding.UTF8, "text/csv");
        var bill = (await AnswerAsync(http.PostAsync("/api/v1/bills?provider=openai&name=openai.csv", csv))).GetProperty("bill").GetProperty("id").GetString();
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices/aliases", new { match = new { equals = "prod-gpt-4o-mini-eu" }, provider = "openai", model = "gpt-4o-mini", reason = "our deployment" }));
        var run = (await AnswerAsync(http.PostAsJsonAsync("/api/v1/reratings", new { from = now.AddHours(-1), to = now, reason = "our deployment" }))).GetProperty("id").GetString();
        var began = TimeProvider.System.GetTimestamp();
        while ((await AnswerAsync(http.GetAsync($"/api/v1/reratings/{run}"))).GetProperty("rerating").GetProperty("state").GetString() != "previewed")
        {
            if (TimeProvider.System.GetElapsedTime(began) > PreviewTimeout) throw new TimeoutException("The preview of the re-rating was not done.");
            await Task.Delay(200);
        }

        return new ReconciledTenant(admin, $"/bills/{bill}", string.Create(CultureInfo.InvariantCulture, $"/bills?month={month:yyyy-MM}#months"), $"/prices/rerating/{run}", $"/calls/{hit}", await LeasedBudget.MakeAsync(demo.Server, demo.Tenants, tenant));
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }
}
