using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Integration.Tests.Captures;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

/// <summary>Keys by REST, and what they are worth at every door of several processes.</summary>
public sealed class KeyLifeTests(Installation installation, ITestOutputHelper output)
{
    /// <summary>What Settings promises.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    private static readonly Tokens Usage = new(100, 10);

    [Fact]
    public async Task Key_PutRotatedAndRevokedByRest_LivesAsTold()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        var wanted = new { kind = "ingest", boundTags = new { team = "web" }, expiresAt = "2099-01-01T00:00:00Z" };

        var made = await AnswerAsync(await http.PutAsJsonAsync("/api/v1/keys/checkout%20api", wanted), HttpStatusCode.Created);
        var again = await AnswerAsync(await http.PutAsJsonAsync("/api/v1/keys/checkout%20api", wanted), HttpStatusCode.OK);
        Assert.Equal(made.Key, again.Key);
        Assert.Null(again.Token);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(installation.Server.Process, made.Token!));

        var rotated = await AnswerAsync(await http.PostAsync("/api/v1/keys/checkout%20api/rotate?overlapHours=2", null), HttpStatusCode.OK);
        Assert.NotEqual(made.Token, rotated.Token);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(installation.Server.Process, made.Token!));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(installation.Server.Process, rotated.Token!));

        using var revoked = await http.DeleteAsync("/api/v1/keys/checkout%20api?why=leaked");
        using var repeated = await http.DeleteAsync("/api/v1/keys/checkout%20api");
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NoContent], [revoked.StatusCode, repeated.StatusCode]);
        foreach (var token in (string[])[made.Token!, rotated.Token!])
            await SpendApi.BecomesAsync(() => SendAsync(installation.Server.Process, token), HttpStatusCode.Unauthorized, EndsWithin);

        var audit = JsonDocument.Parse(await http.GetStringAsync("/api/v1/audit?act=key&subject=checkout"));
        Assert.Equal(
            ["key.revoked", "key.revoked", "key.rotated", "key.created"], audit.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("act").GetString()!));
        Assert.Equal("leaked", audit.RootElement.GetProperty("entries")[0].GetProperty("why").GetString());
        Assert.DoesNotContain(made.Token!, audit.RootElement.GetRawText(), StringComparison.Ordinal);
        var verdict = JsonDocument.Parse(await http.GetStringAsync("/api/v1/audit/verify"));
        Assert.Equal(JsonValueKind.Null, verdict.RootElement.GetProperty("broken").ValueKind);
    }

    [Theory]
    [InlineData("""{"kind":"admin"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"knd":"api"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"boundTags":{"user":"ann"}}""", HttpStatusCode.BadRequest)]
    [InlineData("""[]""", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("""{"kind":"api","scopes":["everything"]}""", HttpStatusCode.Conflict)]
    [InlineData("""{"expiresAt":"2001-01-01T00:00:00Z"}""", HttpStatusCode.Conflict)]
    public async Task Key_PutWrongly_IsRefusedWithAProblem(string body, HttpStatusCode status)
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var answer = await http.PutAsync("/api/v1/keys/wrong", content);

        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain(await installation.Server.Tenants.Keys.ListAsync(tenant.Id), key => key.Name == "wrong");
    }

    /// <summary>Two processes remember the key; it is revoked at a third.</summary>
    [Fact]
    public async Task Key_RevokedAtOneProcess_IsRefusedByTheOthersWithinFiveSeconds()
    {
        await using var ingest = installation.Server.WithRole("ingest", installation.NewFolder());
        await using var web = installation.Server.WithRole("web", installation.NewFolder());
        await Task.WhenAll(ingest.StartReadyAsync(), web.StartReadyAsync());
        var tenant = await installation.NewTenantAsync();
        var agent = await installation.Server.Tenants.NewKeyAsync(tenant.Id, tenant.Project, KeyKind.Agent);
        using var manager = web.Client(tenant.ApiKey);

        foreach (var token in (string[])[tenant.IngestKey, agent.Token])
        {
            foreach (var process in (ServerProcess[])[installation.Server.Process, ingest])
                foreach (var grpc in (bool[])[false, true]) Assert.Equal(HttpStatusCode.OK, await SendAsync(process, token, grpc));
        }

        Assert.Equal(HttpStatusCode.OK, await CostsAsync(installation.Server.Process, tenant.ApiKey));
        var names = (await installation.Server.Tenants.Keys.ListAsync(tenant.Id)).OrderBy(key => key.Kind == KeyKind.Api).Select(key => key.Name).ToList();

        // The key that revokes goes last, by its own hand.
        foreach (var name in names)
        {
            using var answer = await manager.DeleteAsync($"/api/v1/keys/{Uri.EscapeDataString(name)}");
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }

        var revoked = TimeProvider.System.GetTimestamp();
        foreach (var token in (string[])[tenant.IngestKey, agent.Token])
            foreach (var process in (ServerProcess[])[installation.Server.Process, ingest])
                foreach (var grpc in (bool[])[false, true])
                    await SpendApi.BecomesAsync(() => SendAsync(process, token, grpc), HttpStatusCode.Unauthorized, EndsWithin - TimeProvider.System.GetElapsedTime(revoked));
        output.WriteLine($"All doors refused the keys {TimeProvider.System.GetElapsedTime(revoked).TotalSeconds:0.0} s after they were revoked");
        Assert.Equal(HttpStatusCode.Unauthorized, await CostsAsync(installation.Server.Process, tenant.ApiKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await CostsAsync(web, tenant.ApiKey));
    }

    /// <summary>All at once: each takes as long as its key lives, which is long enough for a busy machine to try it before.</summary>
    [Fact]
    public Task Key_TamperedWithOrExpired_OpensNoDoor() => Task.WhenAll(new[] { KeyKind.Ingest, KeyKind.Agent, KeyKind.Api }.Select(AssertOpensNoDoorAsync));

    private async Task AssertOpensNoDoorAsync(KeyKind kind)
    {
        var tenant = await installation.NewTenantAsync();
        var server = installation.Server;
        var key = await server.Tenants.NewKeyAsync(tenant.Id, tenant.Project, kind, expiresAt: TimeProvider.System.GetUtcNow().AddSeconds(12));
        Assert.Equal(kind != KeyKind.Api, await SendAsync(server.Process, key.Token) == HttpStatusCode.OK);
        Assert.Equal(kind == KeyKind.Api, await CostsAsync(server.Process, key.Token) == HttpStatusCode.OK);

        var last = key.Token[^1] == 'A' ? 'B' : 'A';
        foreach (var tampered in (string[])[key.Token[..^1] + last, key.Token[..^1], key.Token + "A", key.Token.ToUpperInvariant(), "fin_xx_" + key.Token[7..]])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(server.Process, tampered));
            Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(server.Process, tampered, grpc: true));
            Assert.Equal(HttpStatusCode.Unauthorized, await CostsAsync(server.Process, tampered));
        }

        await SpendApi.BecomesAsync(() => CostsAsync(server.Process, key.Token), HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(server.Process, key.Token));
    }

    /// <summary>What real SDKs sent, with features, teams and environments of their own, under a key that binds these.</summary>
    [Theory]
    [InlineData("openlit")]
    [InlineData("vercel-ai-sdk-7")]
    public async Task BoundTags_OfTheKey_StandOnEveryCapturedCall(string capture)
    {
        var folder = new CaptureFolder(capture);
        var tenant = await installation.NewTenantAsync();
        var key = await installation.Server.Tenants.NewKeyAsync(tenant.Id, tenant.Project, KeyKind.Ingest, new Dictionary<Tag, string>
        {
            [Tag.Feature] = "bound-feature",
            [Tag.Team] = "bound-team",
            [Tag.Environment] = "bound-environment",
            [Tag.Customer] = "bound-customer",
        });
        using var sender = new OtlpSender(installation.Server.Process, key.Token);
        foreach (var body in folder.Bodies) Assert.Equal(HttpStatusCode.OK, (await body.SendAsync(sender)).Http);

        using var api = new SpendApi(installation.Server.Process, tenant.ApiKey);
        await api.TotalBecomesAsync(folder.Spend);
        Assert.Equal(["bound-feature|bound-team|bound-environment|bound-customer"], (await api.RowsAsync("feature,team,environment,customer")).Keys);
    }

    /// <summary>The application's report comes under a key that binds its team, the gateway's report of the same call under one that binds nothing.</summary>
    [Fact]
    public async Task BoundTags_OfOneReport_StayWhenAnotherKeysReportMerges()
    {
        await using var sent = await Sent.NewAsync(installation);
        var bound = await installation.Server.Tenants.NewKeyAsync(sent.Tenant.Id, sent.Tenant.Project, KeyKind.Ingest, new Dictionary<Tag, string> { [Tag.Team] = "payments" });
        using var application = new OtlpSender(installation.Server.Process, bound.Token);
        var response = TraceBuilder.NewResponseId();
        var trace = new TraceBuilder();
        var route = trace.Route("/pay", ("team", "spoofed-above"));

        await application.AcceptAsync(route, trace.Call(Usage, route, response, more: ("team", "spoofed")));
        await sent.Sender.AcceptAsync(new TraceBuilder("gateway").Call(Usage, null, response, "litellm", ("team", "spoofed-by-the-gateway")));

        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));
        await SpendApi.BecomesAsync(async () => string.Join(',', (await sent.Api.RowsAsync("team")).Keys), "payments");
        Assert.Equal("payments", (await sent.Api.OnlyCallAsync()).Team);
    }

    private static async Task<HttpStatusCode> SendAsync(ServerProcess server, string key, bool grpc = false)
    {
        using var sender = new OtlpSender(server, key);
        var answer = await sender.SendAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage)]), grpc);
        return answer.Grpc is null or 0 ? answer.Http : answer.Grpc == 16 ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden;
    }

    private static async Task<HttpStatusCode> CostsAsync(ServerProcess server, string key)
    {
        using var http = server.Client(key);
        using var answer = await http.GetAsync("/api/v1/costs");
        return answer.StatusCode;
    }

    private static async Task<(string Key, string? Token)> AnswerAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(status == response.StatusCode, body);
            using var json = JsonDocument.Parse(body);
            return (json.RootElement.GetProperty("key").GetRawText(), json.RootElement.GetProperty("token").GetString());
        }
    }
}
