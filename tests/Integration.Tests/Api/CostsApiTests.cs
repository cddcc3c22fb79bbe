using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

public sealed class CostsApiTests(Installation installation)
{
    private static readonly long StartUnixSeconds = TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeSeconds();

    [Fact]
    public async Task Costs_OfOneSpan_AreExactAndTheSendersAlone()
    {
        var (mine, theirs) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        var trace = Guid.NewGuid().ToString("N");
        await SendAsync(mine, trace);
        using var api = installation.Server.Process.Client(mine.ApiKey);
        using var other = installation.Server.Process.Client(theirs.ApiKey);
        var range = $"from={Stamp(-60)}&to={Stamp(60)}";

        var costs = await api.GetStringAsync($"/api/v1/costs?{range}&groupBy=feature,user,model,requestedModel,provider,endpoint");
        var filtered = await api.GetStringAsync($"/api/v1/costs?{range}&granularity=day&timeZone=Asia/Kathmandu&session=session-9&feature=nothing&feature=rag");
        var page = await api.GetFromJsonAsync<JsonElement>($"/api/v1/calls?{range}");
        var id = page.GetProperty("calls")[0].GetProperty("id").GetString();
        var call = await api.GetFromJsonAsync<JsonElement>($"/api/v1/calls/{id}");

        // gpt-4o-mini: 1,000 input of which 400 cached, 50 output of which 10 reasoning; $0.15, $0.075 and $0.60 a million.
        Assert.Contains("\"cost\":0.00015,\"currency\":\"USD\",\"calls\":1,\"unpricedCalls\":0,\"failedCalls\":0,\"inputTokens\":1000,\"cacheReadTokens\":400,\"cacheWriteTokens\":0,\"outputTokens\":50,\"reasoningTokens\":10", costs, StringComparison.Ordinal);
        Assert.Contains("\"group\":{\"feature\":\"rag\",\"user\":\"user-1\",\"model\":\"gpt-4o-mini-2024-07-18\",\"requestedModel\":\"gpt-4o-mini\",\"provider\":\"openai\",\"endpoint\":\"\"}", costs, StringComparison.Ordinal);
        var day = DateTimeOffset.FromUnixTimeSeconds(StartUnixSeconds).ToOffset(TimeSpan.FromMinutes(345)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.Contains($"\"period\":\"{day}T00:00:00+05:45\"", filtered, StringComparison.Ordinal);
        Assert.Equal($"{trace}-00000000000000aa", id);
        Assert.Equal(0.00015m, call.GetProperty("lineItems").EnumerateArray().Sum(line => line.GetProperty("cost").GetDecimal()));
        Assert.True(call.GetProperty("explained").GetBoolean());
        Assert.False(call.GetProperty("pricesChanged").GetBoolean());
        Assert.NotEqual(0, call.GetProperty("bookVersion").GetInt64());
        Assert.Equal("""[{"id":"cap","version":3,"arm":"treatment","effect":"limited"},{"id":"keep","version":1,"arm":"dry_run","effect":"miss"}]""", call.GetProperty("policies").GetRawText());
        // 2,000 tokens that were not paid, beside the cost.
        Assert.Equal(
            ("partial", 0.0003m, 2_000, "checkout"),
            (call.GetProperty("cache").GetString(), call.GetProperty("avoided").GetDecimal(), call.GetProperty("tokensAvoided").GetInt32(), call.GetProperty("gatewayKey").GetString()));
        Assert.Equal((1, 0), (await CountAsync(api, "cap"), await CountAsync(api, "ca")));
        Assert.Equal(0, await CountAsync(other, "cap"));

        // The same cost as a FOCUS file, a row for each meter.
        var days = $"from={DateTimeOffset.FromUnixTimeSeconds(StartUnixSeconds):yyyy-MM-dd}&to={DateTimeOffset.FromUnixTimeSeconds(StartUnixSeconds).AddDays(1):yyyy-MM-dd}";
        using var export = await api.GetAsync($"/api/v1/exports/focus?{days}&version=1.3&tags=feature,user");
        var file = await export.Content.ReadAsStringAsync();
        var rows = FocusRules.Parse(file).Rows;
        Assert.Equal(("text/csv", HttpStatusCode.OK), (export.Content.Headers.ContentType?.MediaType, export.StatusCode));
        Assert.Empty(FocusRules.Violations(file, "1.3"));
        Assert.Equal(0.00015m, rows.Sum(row => decimal.Parse(row["EffectiveCost"], CultureInfo.InvariantCulture)));
        Assert.Equal(["600", "400", "40", "10"], rows.Select(row => row["ConsumedQuantity"]));
        Assert.All(rows, row => Assert.Equal("""{"feature":"rag","user":"user-1"}""", row["Tags"]));
        Assert.Empty(FocusRules.Parse(await other.GetStringAsync($"/api/v1/exports/focus?{days}")).Rows);

        await CurrencyChangesFiguresOfItsOwnersAloneAsync(api, other, range, days);

        Assert.Contains("\"cost\":0,\"currency\":\"USD\",\"calls\":0", await other.GetStringAsync($"/api/v1/costs?{range}"), StringComparison.Ordinal);
        Assert.Equal(0, (await other.GetFromJsonAsync<JsonElement>($"/api/v1/calls?{range}")).GetProperty("calls").GetArrayLength());
        using var notTheirs = await other.GetAsync($"/api/v1/calls/{id}");
        Assert.Equal(HttpStatusCode.NotFound, notTheirs.StatusCode);
        Assert.Equal("application/problem+json", notTheirs.Content.Headers.ContentType?.MediaType);

        async Task<int> CountAsync(HttpClient whose, string policy) =>
            (await whose.GetFromJsonAsync<JsonElement>($"/api/v1/calls?{range}&policy={policy}")).GetProperty("calls").GetArrayLength();
    }

    /// <summary>Without a rate nothing is converted; with one cost and file are, day by day; nobody else has any of it.</summary>
    private static async Task CurrencyChangesFiguresOfItsOwnersAloneAsync(HttpClient api, HttpClient other, string range, string days)
    {
        var day = DateTimeOffset.FromUnixTimeSeconds(StartUnixSeconds).UtcDateTime.AddDays(-2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        using var set = await api.PutAsJsonAsync("/api/v1/currency", new { currency = "EUR" });
        using var wrong = await api.PutAsJsonAsync("/api/v1/currency", new { currency = "euro" });
        using var without = await api.GetAsync($"/api/v1/costs?{range}&currency=EUR");
        using var fileWithout = await api.GetAsync($"/api/v1/exports/focus?{days}");
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.Conflict, HttpStatusCode.Conflict], [set.StatusCode, wrong.StatusCode, without.StatusCode, fileWithout.StatusCode]);
        Assert.Contains("no rate of EUR", await without.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        foreach (var rate in (decimal[])[0.8m, 0.9m, 0.9m])
        {
            using var import = await api.PutAsJsonAsync("/api/v1/currency-rates", new { currency = "EUR", source = "our bank", rates = new[] { new { date = day, rate } } });
            Assert.Equal(HttpStatusCode.OK, import.StatusCode);
        }

        var listed = await api.GetFromJsonAsync<JsonElement>("/api/v1/currency-rates");
        Assert.Equal([(0.9m, true), (0.8m, false)], listed.GetProperty("rates").EnumerateArray().Select(rate => (rate.GetProperty("rate").GetDecimal(), rate.GetProperty("supersededAt").ValueKind == JsonValueKind.Null)));
        Assert.Contains("\"cost\":0.000135,\"currency\":\"EUR\",\"calls\":1", await api.GetStringAsync($"/api/v1/costs?{range}&currency=EUR"), StringComparison.Ordinal);
        Assert.Contains("\"cost\":0.00015,\"currency\":\"USD\"", await api.GetStringAsync($"/api/v1/costs?{range}"), StringComparison.Ordinal);
        var file = await api.GetStringAsync($"/api/v1/exports/focus?{days}");
        var rows = FocusRules.Parse(file).Rows;
        Assert.Empty(FocusRules.Violations(file, "1.4"));
        Assert.Equal(0.000135m, rows.Sum(row => decimal.Parse(row["EffectiveCost"], CultureInfo.InvariantCulture)));
        Assert.Equal(0.00015m, rows.Sum(row => decimal.Parse(row["PricingCurrencyEffectiveCost"], CultureInfo.InvariantCulture)));
        Assert.All(rows, row => Assert.Equal(("EUR", "USD", "0.9"), (row["BillingCurrency"], row["PricingCurrency"], row["x_ExchangeRate"])));
        Assert.Contains("BillingCurrency", await api.GetStringAsync($"/api/v1/exports/focus?{days}&currency=USD"), StringComparison.Ordinal);

        Assert.Contains("\"currency\":\"USD\",\"changedAt\":null", await other.GetStringAsync("/api/v1/currency"), StringComparison.Ordinal);
        Assert.Equal(0, (await other.GetFromJsonAsync<JsonElement>("/api/v1/currency-rates?currency=EUR")).GetProperty("rates").GetArrayLength());
    }

    [Fact]
    public async Task Changes_OfANewFeature_AreItsCostAndSumToTheDifference()
    {
        var tenant = await installation.NewTenantAsync();
        await SendAsync(tenant, Guid.NewGuid().ToString("N"));
        using var api = installation.Server.Process.Client(tenant.ApiKey);

        var answer = await api.GetFromJsonAsync<JsonElement>($"/api/v1/costs/changes?from={Stamp(-60)}&to={Stamp(60)}&beforeFrom={Stamp(-7200)}&beforeTo={Stamp(-60)}");
        using var wrong = await api.GetAsync($"/api/v1/costs/changes?beforeFrom={Stamp(60)}&beforeTo={Stamp(-60)}");

        Assert.Equal((0.00015m, 0m, 1), (answer.GetProperty("change").GetDecimal(), answer.GetProperty("before").GetProperty("cost").GetDecimal(), answer.GetProperty("after").GetProperty("calls").GetInt32()));
        Assert.Equal("newFeatures", answer.GetProperty("causes")[0].GetProperty("cause").GetString());
        Assert.Equal(0.00015m, answer.GetProperty("causes").EnumerateArray().Sum(cause => cause.GetProperty("amount").GetDecimal()));
        var row = Assert.Single(answer.GetProperty("rows").EnumerateArray());
        Assert.Equal(("rag", 0.00015m), (row.GetProperty("feature").GetString(), row.GetProperty("causes").GetProperty("newFeatures").GetDecimal()));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("beforeFrom", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Costs_WithAnUnknownParameter_NameIt()
    {
        var tenant = await installation.NewTenantAsync();
        using var api = installation.Server.Process.Client(tenant.ApiKey);

        using var answer = await api.GetAsync("/api/v1/costs?feture=x");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("feture", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("parameter").GetString());
    }

    [Fact]
    public async Task OpenApi_WithoutAKey_DescribesEveryPathAndParameter()
    {
        using var client = installation.Server.Process.Client();

        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        var page = await client.GetStringAsync("/docs/api/");

        string[] paths =
        [
            "/api/v1/adjustments", "/api/v1/adjustments/{id}", "/api/v1/agents", "/api/v1/agents/enrolments", "/api/v1/agents/{id}", "/api/v1/alert-routes", "/api/v1/alert-routes/{id}", "/api/v1/alerts", "/api/v1/alerts/{id}", "/api/v1/alerts/{id}/acknowledge",
            "/api/v1/alerts/{id}/judgement", "/api/v1/alerts/{id}/reopen", "/api/v1/alerts/{id}/resolve", "/api/v1/alerts/{id}/snooze", "/api/v1/audit", "/api/v1/audit/verify",
            "/api/v1/bill-mappings", "/api/v1/bill-mappings/{name}", "/api/v1/bill-words", "/api/v1/bills", "/api/v1/bills/{id}", "/api/v1/bills/{id}/adjustments",
            "/api/v1/budgets", "/api/v1/budgets/preview", "/api/v1/budgets/{id}", "/api/v1/budgets/{id}/evaluation", "/api/v1/budgets/{id}/history", "/api/v1/budgets/{id}/leases",
            "/api/v1/budgets/{id}/restore", "/api/v1/budgets/{id}/undo", "/api/v1/calls", "/api/v1/calls/{id}", "/api/v1/calls/{id}/sample", "/api/v1/channels", "/api/v1/channels/{id}", "/api/v1/channels/{id}/test", "/api/v1/commitments",
            "/api/v1/commitments/preview", "/api/v1/commitments/use", "/api/v1/commitments/{id}", "/api/v1/commitments/{id}/history", "/api/v1/commitments/{id}/undo",
            "/api/v1/costs", "/api/v1/costs/changes", "/api/v1/currency", "/api/v1/currency-rates", "/api/v1/data-store-prices", "/api/v1/data-store-prices/{id}",
            "/api/v1/deliveries", "/api/v1/deliveries/messages", "/api/v1/deliveries/messages/{id}", "/api/v1/deliveries/messages/{id}/resend", "/api/v1/detection",
            "/api/v1/erasures", "/api/v1/erasures/{id}",
            "/api/v1/exports/focus", "/api/v1/forecast", "/api/v1/gateway-keys", "/api/v1/gateway-keys/{id}", "/api/v1/invitations", "/api/v1/invitations/{email}", "/api/v1/keys", "/api/v1/keys/{name}", "/api/v1/keys/{name}/rotate",
            "/api/v1/members", "/api/v1/members/{email}", "/api/v1/members/{email}/digest", "/api/v1/metrics", "/api/v1/months", "/api/v1/months/{month}", "/api/v1/months/{month}/corrections", "/api/v1/organisation",
            "/api/v1/organisations", "/api/v1/organisations/{name}", "/api/v1/organisations/{name}/quotas", "/api/v1/outcome-definitions",
            "/api/v1/outcome-definitions/{id}", "/api/v1/outcomes", "/api/v1/people/{email}", "/api/v1/policies", "/api/v1/policies/preview", "/api/v1/policies/{id}", "/api/v1/policies/{id}/truncation", "/api/v1/policies/{id}/{version}/approve", "/api/v1/policies/{id}/{version}/refuse",
            "/api/v1/policies/{id}/{version}/submit", "/api/v1/policies/{id}/{version}/withdraw", "/api/v1/prices", "/api/v1/prices/aliases", "/api/v1/prices/aliases/{id}",
            "/api/v1/prices/changes", "/api/v1/prices/changes/{id}", "/api/v1/prices/changes/{id}/undo", "/api/v1/prices/cross-check", "/api/v1/prices/history", "/api/v1/prices/unpriced",
            "/api/v1/prices/{id}", "/api/v1/projects", "/api/v1/projects/{name}", "/api/v1/quotas", "/api/v1/reratings", "/api/v1/reratings/{id}",
            "/api/v1/reratings/{id}/apply", "/api/v1/reratings/{id}/cancel", "/api/v1/reratings/{id}/revert", "/api/v1/resource-prices", "/api/v1/resource-prices/{id}",
            "/api/v1/resources/gpus", "/api/v1/resources/gpus/costs", "/api/v1/resources/vectors", "/api/v1/resources/vectors/costs", "/api/v1/retention", "/api/v1/samples", "/api/v1/sampling", "/api/v1/sampling/{project}",
            "/api/v1/unit-costs",
        ];
        Assert.Equal(paths, document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        var parameters = document.GetProperty("paths").GetProperty("/api/v1/costs").GetProperty("get").GetProperty("parameters").EnumerateArray();
        Assert.All(parameters, parameter => Assert.NotEqual("", parameter.GetProperty("description").GetString()));
        Assert.Contains("scalar", page, StringComparison.Ordinal);
    }

    private async Task SendAsync(TestTenant tenant, string trace)
    {
        var (start, end) = (StartUnixSeconds * 1_000_000_000, StartUnixSeconds * 1_000_000_000 + 5_000_000);
        var body =
            $$$"""
            {"resourceSpans":[{"scopeSpans":[{"scope":{"name":"test"},"spans":[{
              "traceId":"{{{trace}}}","spanId":"00000000000000aa","name":"chat gpt-4o-mini","kind":3,"startTimeUnixNano":"{{{start}}}","endTimeUnixNano":"{{{end}}}","attributes":[
              {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
              {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o-mini"}},{"key":"gen_ai.response.model","value":{"stringValue":"gpt-4o-mini-2024-07-18"}},
              {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1000"}},{"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"400"}},
              {"key":"gen_ai.usage.output_tokens","value":{"intValue":"50"}},{"key":"gen_ai.usage.reasoning.output_tokens","value":{"intValue":"10"}},
              {"key":"feature","value":{"stringValue":"rag"}},{"key":"user.id","value":{"stringValue":"user-1"}},{"key":"session.id","value":{"stringValue":"session-9"}},
              {"key":"finops.policies","value":{"arrayValue":{"values":[{"stringValue":"cap@3:treatment:limited"},{"stringValue":"keep@1:dry_run:miss"}]} } },
              {"key":"finops.key","value":{"stringValue":"checkout"} },{"key":"finops.cache","value":{"stringValue":"partial"} },{"key":"finops.tokens_avoided","value":{"intValue":"2000"} }
            ]}]}]}]}
            """;
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = installation.Server.Process.OtlpHttp };
        client.DefaultRequestHeaders.Add("x-api-key", tenant.IngestKey);
        using var answer = await client.PostAsync("/v1/traces", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal((HttpStatusCode.OK, "{}"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static string Stamp(int seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(StartUnixSeconds + seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
