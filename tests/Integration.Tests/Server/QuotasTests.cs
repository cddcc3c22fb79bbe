using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

/// <summary>Quotas set by REST are in force at the doors within seconds, for that organisation and for no other.</summary>
public sealed class QuotasTests(Installation installation)
{
    private static readonly TimeSpan WithinSeconds = TimeSpan.FromSeconds(15);

    private ServerProcess Server => installation.Server.Process;

    [Fact]
    public async Task Put_ByAnOperatorsKey_IsIdempotentAuditedAndUndoneByAnEmptyBody()
    {
        var tenant = await installation.NewTenantAsync();
        using var operators = Server.Client(await OperatorsKeyAsync());

        using var set = await PutAsync(operators, tenant, new() { ["ingestItemsPerSecond"] = 1234, ["distinctUsers"] = 0 });
        using var again = await PutAsync(operators, tenant, new() { ["ingestItemsPerSecond"] = 1234, ["distinctUsers"] = 0 });
        using var own = Server.Client(tenant.ApiKey);
        var told = await QuotaAsync(own, "/api/v1/quotas", "ingestItemsPerSecond");
        using var undone = await PutAsync(operators, tenant, []);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [set.StatusCode, again.StatusCode, undone.StatusCode]);
        Assert.Equal((1234, false), (told.GetProperty("limit").GetInt64(), told.GetProperty("isDefault").GetBoolean()));
        Assert.True((await QuotaAsync(operators, $"/api/v1/organisations/{tenant.Name}/quotas", "ingestItemsPerSecond")).GetProperty("isDefault").GetBoolean());
        var entries = await own.GetFromJsonAsync<JsonElement>("/api/v1/audit?act=quotas.changed");
        Assert.Equal(2, entries.GetProperty("entries").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"limits": {"ingestItemsPerSecnd": 1}}""", "limits")]
    [InlineData("""{"limits": {"storageBytes": -1}}""", "limits")]
    [InlineData("""{"limits": {"storageBytes": "many"}}""", "body")]
    [InlineData("""{}""", "body")]
    [InlineData("""not json""", "body")]
    public async Task Put_WhatCannotBe_SaysWhatIsWrong(string body, string what)
    {
        var tenant = await installation.NewTenantAsync();
        using var operators = Server.Client(await OperatorsKeyAsync());

        using var response = await operators.PutAsync($"/api/v1/organisations/{tenant.Name}/quotas", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(what, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>A key of an organisation, with every scope that its administrators can give, neither sees nor sets any organisation's quotas, not even its own.</summary>
    [Fact]
    public async Task Installation_WithAnOrganisationsKey_IsRefused()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var client = Server.Client(intruder.ApiKey);

        foreach (var tenant in (TestTenant[])[victim, intruder, victim with { Name = "nobody" }])
        {
            using var read = await client.GetAsync($"/api/v1/organisations/{tenant.Name}/quotas");
            using var written = await PutAsync(client, tenant, new() { ["ingestItemsPerSecond"] = 1 });
            Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden], [read.StatusCode, written.StatusCode]);
        }

        // Nor can it give itself the scope.
        using var stronger = await client.PutAsJsonAsync("/api/v1/keys/stronger", new { kind = "api", scopes = new[] { KeyScopes.ManageInstallation } });
        Assert.Equal(HttpStatusCode.Conflict, stronger.StatusCode);
        using var unknown = Server.Client(await OperatorsKeyAsync());
        using var none = await unknown.GetAsync($"/api/v1/organisations/{Guid.NewGuid()}/quotas");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Ingest_OverTheRate_IsTold429OnBothTransportsAndTheNeighbourIsNot()
    {
        await using var flood = await Sent.NewAsync(installation);
        await using var neighbour = await Sent.NewAsync(installation);
        await SetAsync(flood.Tenant, new() { ["ingestBytesPerSecond"] = 1 });

        OtlpAnswer http = new(HttpStatusCode.OK, null, [], null), grpc = http;
        await SpendApi.HoldsAsync(async () =>
        {
            http = await flood.Sender.SendAsync(SpanInPlace.Together([new TraceBuilder().Call(new Tokens(1, 1))]), grpc: false);
            grpc = await flood.Sender.SendAsync(SpanInPlace.Together([new TraceBuilder().Call(new Tokens(1, 1))]), grpc: true);
            return !http.IsAcknowledged && !grpc.IsAcknowledged;
        }, WithinSeconds, "the flood is refused");

        Assert.Equal((HttpStatusCode.TooManyRequests, 8), (http.Http, grpc.Grpc));
        Assert.NotNull(http.RetryAfter);
        await neighbour.Sender.AcceptAsync(new TraceBuilder().Call(new Tokens(2, 2)));
        await SetAsync(flood.Tenant, []);
        await SpendApi.HoldsAsync(
            async () => (await flood.Sender.SendAsync(SpanInPlace.Together([new TraceBuilder().Call(new Tokens(1, 1))]), grpc: false)).IsAcknowledged, WithinSeconds, "the limit is lifted");
    }

    [Fact]
    public async Task Ingest_MoreFeaturesThanTheLimit_CountsTheRestAsOther()
    {
        await using var many = await Sent.NewAsync(installation);
        await using var neighbour = await Sent.NewAsync(installation);
        await SetAsync(many.Tenant, new() { ["distinctFeatures"] = 3 });
        // What was set before another limit is in force with it.
        await using var later = await Sent.NewAsync(installation);
        await SetAsync(later.Tenant, new() { ["ingestBytesPerSecond"] = 1 });
        await SpendApi.HoldsAsync(
            async () => !(await later.Sender.SendAsync(SpanInPlace.Together([new TraceBuilder().Call(new Tokens(1, 1))]), grpc: false)).IsAcknowledged, WithinSeconds, "the limits are in force");

        foreach (var sent in (Sent[])[many, neighbour])
            for (var feature = 1; feature <= 5; feature++)
                await sent.Sender.HttpAsync(SpanInPlace.Together([new TraceBuilder().Call(new Tokens(10, 1), more: [("feature", $"feature {feature}")])]));

        await many.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(new Tokens(10, 1), 5)]));
        var features = await many.Api.RowsAsync("feature");
        Assert.Equal([OtherTag.Value, "feature 1", "feature 2", "feature 3"], features.Keys);
        Assert.Equal(2, features[OtherTag.Value].Calls);
        await neighbour.Api.TotalBecomesAsync(Spend.Of([.. Enumerable.Repeat(new Tokens(10, 1), 5)]));
        Assert.Equal(5, (await neighbour.Api.RowsAsync("feature")).Count);
    }

    [Fact]
    public async Task Query_SecondsUsedUp_IsTold429AndTheNeighbourIsNot()
    {
        var (greedy, neighbour) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        await SetAsync(greedy, new() { ["querySecondsPerMinute"] = 1, ["concurrentQueries"] = 4 });
        using var client = Server.Client(greedy.ApiKey);
        HttpResponseMessage? refused = null;

        await SpendApi.HoldsAsync(async () =>
        {
            foreach (var response in await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => client.GetAsync("/api/v1/costs?groupBy=feature,model"))))
                if (response.StatusCode == HttpStatusCode.TooManyRequests && (await response.Content.ReadAsStringAsync()).Contains("query seconds", StringComparison.Ordinal)) refused = response;
            return refused is not null;
        }, TimeSpan.FromSeconds(30), "the questions have used up their second");

        Assert.InRange(refused!.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 3600);
        // What takes from no query seconds is not refused with the questions.
        using var keys = await client.GetAsync("/api/v1/keys");
        Assert.Equal(HttpStatusCode.OK, keys.StatusCode);
        using var others = Server.Client(neighbour.ApiKey);
        using var answer = await others.GetAsync("/api/v1/costs");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task SetAsync(TestTenant tenant, Dictionary<string, long> limits)
    {
        using var operators = Server.Client(await OperatorsKeyAsync());
        using var response = await PutAsync(operators, tenant, limits);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, TestTenant tenant, Dictionary<string, long> limits) =>
        client.PutAsJsonAsync($"/api/v1/organisations/{tenant.Name}/quotas", new { limits });

    private static async Task<JsonElement> QuotaAsync(HttpClient client, string address, string name) =>
        (await client.GetFromJsonAsync<JsonElement>(address)).GetProperty("quotas").EnumerateArray().Single(quota => quota.GetProperty("name").GetString() == name);

    private async Task<string> OperatorsKeyAsync() => (await installation.Server.Tenants.NewOperatorKeyAsync(await installation.NewTenantAsync())).Token;
}
