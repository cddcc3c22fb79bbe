using System.Net;
using System.Net.Http.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Integration.Tests.Isolation;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

public sealed class MetricsApiTests(Installation installation)
{
    [Fact]
    public async Task Scraper_WithAKeyOfItsOwn_SeesSpendBudgetsAndAlertsOfItsOrganisation()
    {
        await using var sent = await Sent.NewAsync(installation);
        var tenant = sent.Tenant;
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        var trace = new TraceBuilder(start: TimeProvider.System.GetUtcNow());
        var step = trace.Step(null, ("feature", "shop \"1\"\\"));
        await sent.Sender.AcceptAsync(step, trace.Call(new Tokens(1000, 100), step));
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(1000, 100)));
        using var made = await http.PostAsJsonAsync("/api/v1/budgets", new { name = "all", amount = 0.001m, period = "quarter", thresholds = new[] { new { percent = 20 } } });
        var budget = made.Headers.Location;
        using var evaluated = await http.PostAsync($"{budget}/evaluation", null);
        Assert.Equal(HttpStatusCode.OK, evaluated.StatusCode);

        var keys = installation.Server.Tenants.Keys;
        var scraper = (await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, "prometheus") { Scopes = [KeyScopes.ReadMetrics] }, TenantMaker.Author)).Token;
        using var scraping = installation.Server.Process.Client(scraper);
        using var answer = await scraping.GetAsync("/api/v1/metrics?timeZone=Pacific/Kiritimati");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        foreach (var line in (string[])
            [
                "# TYPE finops_cost_usd gauge", "finops_cost_usd{range=\"month\"} 0.00021", "finops_calls{range=\"month\"} 1", "finops_tokens{range=\"month\",direction=\"input\"} 1000",
                "finops_feature_cost_usd{range=\"month\",feature=\"shop \\\"1\\\"\\\\\"} 0.00021", "finops_other_features_cost_usd{range=\"month\"} 0",
                "finops_budgets 1", "finops_budget_allowance{budget=\"all\",currency=\"USD\"} 0.001", "finops_budget_spent{budget=\"all\",currency=\"USD\"} 0.00021", "finops_alerts{state=\"open\"} 1",
            ])
            Assert.Contains(line, lines);

        // It can do nothing else, and whose key has other scopes cannot scrape.
        Assert.Equal(HttpStatusCode.Forbidden, (await scraping.GetAsync("/api/v1/costs")).StatusCode);
        var reader = (await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, "reader"), TenantMaker.Author)).Token;
        Assert.Equal(HttpStatusCode.Forbidden, (await Reply.GetAsync(installation.Server.Process, reader, "/api/v1/metrics")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await scraping.GetAsync("/api/v1/metrics?timeZone=Mars")).StatusCode);

        var others = (await Reply.GetAsync(installation.Server.Process, (await installation.NewTenantAsync()).ApiKey, "/api/v1/metrics")).Body;
        Assert.Contains("finops_cost_usd{range=\"month\"} 0\n", others, StringComparison.Ordinal);
        Assert.DoesNotContain("shop", others, StringComparison.Ordinal);
        Assert.DoesNotContain("finops_budget_spent{", others, StringComparison.Ordinal);
    }
}
