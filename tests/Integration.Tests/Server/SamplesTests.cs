using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Integration.Tests.Isolation;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

/// <summary>Samples of prompts and answers, from the wire to whoever may read them.</summary>
public sealed class SamplesTests(Installation installation)
{
    private static readonly TimeSpan WithinSeconds = TimeSpan.FromSeconds(30);

    private readonly string _canary = "canary-" + Guid.NewGuid().ToString("N");

    private ServerProcess Server => installation.Server.Process;

    [Fact]
    public async Task Content_OfAProjectThatHasNotOptedIn_IsNowhere()
    {
        await using var sent = await Sent.NewAsync(installation);
        var id = await SendAsync(sent);

        Assert.Equal(HttpStatusCode.NotFound, (await SampleAsync(sent.Tenant.ApiKey, id)).Status);
        Assert.Equal("", (await Reply.GetAsync(Server, sent.Tenant.ApiKey, "/api/v1/samples")).Body);
        Assert.Empty(await RowsAsync(sent.Tenant));
    }

    [Fact]
    public async Task Content_OfAProjectThatHasOptedIn_IsStoredSealed_ReadByWhoMay_AndErasedWithItsUser()
    {
        await using var sent = await Sent.NewAsync(installation);
        var neighbour = await installation.NewTenantAsync();
        await sent.KeepSamplesAsync();
        var id = await SendAsync(sent);
        await SpendApi.HoldsAsync(async () => (await RowsAsync(sent.Tenant)).Count == 1, WithinSeconds, "the sample is stored");

        // Sealed in ClickHouse.
        var row = Assert.Single(await RowsAsync(sent.Tenant));
        Assert.DoesNotContain(_canary, string.Join('|', row), StringComparison.Ordinal);
        Assert.DoesNotContain(_canary, Server.Output, StringComparison.Ordinal);

        // Read by a key with the scope, and by no other.
        var sample = await SampleAsync(sent.Tenant.ApiKey, id);
        var parts = JsonDocument.Parse(sample.Body).RootElement.GetProperty("parts").EnumerateArray().Select(part => $"{part.GetProperty("kind")} {part.GetProperty("text")}");
        Assert.Equal([$"system {_canary} system", $"input {_canary} prompt", $"output {_canary} answer"], parts);
        var lines = (await Reply.GetAsync(Server, sent.Tenant.ApiKey, "/api/v1/samples")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains($"\"{_canary} prompt\"", Assert.Single(lines), StringComparison.Ordinal);
        var usual = await installation.Server.Tenants.Keys.CreateAsync(sent.Tenant.Id, new NewAccessKey(sent.Tenant.Project, KeyKind.Api, "usual"), TenantMaker.Author);
        foreach (var path in (string[])[$"/api/v1/calls/{id}/sample", "/api/v1/samples"])
            Assert.Equal(HttpStatusCode.Forbidden, (await Reply.GetAsync(Server, usual.Token, path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SampleAsync(neighbour.ApiKey, id)).Status);
        var audit = (await Reply.GetAsync(Server, sent.Tenant.ApiKey, "/api/v1/audit?act=sample.read")).Body;
        Assert.Equal(1, JsonDocument.Parse(audit).RootElement.GetProperty("entries").GetArrayLength());
        Assert.Contains(id, audit, StringComparison.Ordinal);

        // The user is told at the route above the call alone.
        using var http = Server.Client(sent.Tenant.ApiKey);
        var erasure = $"/api/v1/erasures/{Guid.NewGuid()}";
        using var asked = await http.PutAsJsonAsync(erasure, new { user = _canary + "-user" });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        await SpendApi.HoldsAsync(
            async () => (await Reply.GetAsync(Server, sent.Tenant.ApiKey, "/api/v1/erasures")).Body.Contains("\"call_samples\":1", StringComparison.Ordinal) && (await RowsAsync(sent.Tenant)).Count == 0,
            TimeSpan.FromSeconds(60), "the sample is erased");
        Assert.Equal(HttpStatusCode.NotFound, (await SampleAsync(sent.Tenant.ApiKey, id)).Status);
    }

    [Fact]
    public async Task Sampling_IsSetForOnesOwnProjectsAlone_AndRefusesWhatCannotBe()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var own = Server.Client(victim.ApiKey);
        using var other = Server.Client(intruder.ApiKey);

        using var set = await own.PutAsJsonAsync($"/api/v1/sampling/{victim.Project}", new { percent = 2.5 });
        using var again = await own.PutAsJsonAsync($"/api/v1/sampling/{victim.Project}", new { percent = 2.5 });
        using var foreign = await other.PutAsJsonAsync($"/api/v1/sampling/{victim.Project}", new { percent = 100 });
        using var nobody = await other.PutAsJsonAsync($"/api/v1/sampling/{Guid.NewGuid()}", new { percent = 100 });
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound], [set.StatusCode, again.StatusCode, foreign.StatusCode, nobody.StatusCode]);
        Assert.Equal(await set.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Contains("\"percent\":2.5", await own.GetStringAsync("/api/v1/sampling"), StringComparison.Ordinal);
        Assert.DoesNotContain(victim.Project.ToString(), await other.GetStringAsync("/api/v1/sampling"), StringComparison.Ordinal);
        foreach (var body in (object[])[new { percent = 0.05 }, new { percent = 101 }, new { percent = "all" }, new { share = 1 }, new { }])
        {
            using var refused = await own.PutAsJsonAsync($"/api/v1/sampling/{victim.Project}", body);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    /// <summary>A call below a route that tells the user. Gives the call's id.</summary>
    private async Task<string> SendAsync(Sent sent)
    {
        var trace = new TraceBuilder();
        var route = trace.Route("/checkout", ("user.id", _canary + "-user"));
        await sent.Sender.AcceptAsync(trace.Call(new Tokens(100, 10), route, more:
            [("gen_ai.system_instructions", _canary + " system"), ("gen_ai.input.messages", _canary + " prompt"), ("gen_ai.output.messages", _canary + " answer")]), route);
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(100, 10)));
        await SpendApi.BecomesAsync(async () => (await sent.Api.OnlyCallAsync()).User, _canary + "-user");
        return (await sent.Api.OnlyCallAsync()).Id;
    }

    private Task<Reply> SampleAsync(string key, string id) => Reply.GetAsync(Server, key, $"/api/v1/calls/{id}/sample");

    private Task<List<string[]>> RowsAsync(TestTenant tenant) => installation.Server.RowsAsync(
        $"SELECT lower(hex(trace_id)), toString(told_bytes), sealed FROM call_samples FINAL WHERE tenant_id = '{tenant.Id}'");
}
