using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Api;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Isolation;

/// <summary>
/// Every path of the REST API, asked by another tenant with the victim's own ids, names and cursors. What an intruder gets must be, byte for byte, what a
/// tenant gets that has nothing at all: then it says nothing about the victim, not even that they exist.
/// </summary>
public sealed class RestIsolationTests(Installation installation)
{
    private readonly DateTime _today = TimeProvider.System.GetUtcNow().UtcDateTime.Date;

    private static readonly string[] Dimensions =
        ["project", "feature", "team", "customer", "environment", "service", "endpoint", "operation", "provider", "model", "requestedModel", "user", "session"];

    /// <summary>For each path of the API the addresses that try it. A new path fails the suite until it stands here.</summary>
    private static readonly Dictionary<string, Func<Victim, IEnumerable<string>>> Probes = new(StringComparer.Ordinal)
    {
        ["GET /api/v1/costs"] = victim =>
        [
            "/api/v1/costs?",
            .. new[] { "feature", "team", "customer", "environment", "service", "user" }.SelectMany(name => (string[])
                [$"/api/v1/costs?groupBy={name}", $"/api/v1/costs?groupBy=model&{name}={victim.Canary}-{name}"]),
            $"/api/v1/costs?groupBy=feature&project={victim.Sent.Tenant.Project.Value}",
        ],
        ["GET /api/v1/costs/changes"] = victim => ["/api/v1/costs/changes?", $"/api/v1/costs/changes?feature={victim.Canary}-feature", $"/api/v1/costs/changes?user={victim.Canary}-user"],
        ["GET /api/v1/forecast"] = _ => ["/api/v1/forecast"],
        ["GET /api/v1/unit-costs"] = victim =>
        [
            "/api/v1/unit-costs?", "/api/v1/unit-costs?unit=user&groupBy=feature", $"/api/v1/unit-costs?unit=customer&feature={victim.Canary}-feature",
        ],
        ["GET /api/v1/calls"] = victim =>
        [
            "/api/v1/calls?", $"/api/v1/calls?search={victim.Trace}", $"/api/v1/calls?search={victim.Response}", $"/api/v1/calls?search={victim.CallId}",
            $"/api/v1/calls?feature={victim.Canary}-feature", $"/api/v1/calls?user={victim.Canary}-user", $"/api/v1/calls?cursor={Uri.EscapeDataString(victim.Cursor)}",
        ],
        ["GET /api/v1/calls/{id}"] = victim => [$"/api/v1/calls/{victim.CallId}"],
        ["GET /api/v1/calls/{id}/sample"] = victim => [$"/api/v1/calls/{victim.CallId}/sample"],
        ["GET /api/v1/exports/focus"] = victim => ["/api/v1/exports/focus?", "/api/v1/exports/focus?granularity=hour&tags=feature,user", "/api/v1/exports/focus?rows=usage,adjustments,corrections,gpus,dataStores,commitments,billed"],
        ["GET /api/v1/metrics"] = _ => ["/api/v1/metrics"],
        ["GET /api/v1/samples"] = victim => ["/api/v1/samples?", $"/api/v1/samples?project={victim.Sent.Tenant.Project.Value}", $"/api/v1/samples?cursor={Uri.EscapeDataString(victim.BeforeAll)}"],
    };

    /// <summary>
    /// Where every tenant has something of its own, so that an empty one's answer is no measure: <see cref="OwnRows_OfTheVictim_AreNeitherShownNorChanged"/> and
    /// <see cref="OrganisationApiTests.Intruder_WithTheVictimsNames_LearnsAndChangesNothing"/> try them.
    /// </summary>
    private static readonly string[] OwnRows =
        ["GET /api/v1/audit", "GET /api/v1/audit/verify", "GET /api/v1/keys", "PUT /api/v1/keys/{name}", "POST /api/v1/keys/{name}/rotate", "DELETE /api/v1/keys/{name}", .. OrganisationApiTests.Paths, .. PricesApiTests.Paths, "DELETE /api/v1/people/{email}", "GET /api/v1/retention", "PUT /api/v1/retention", "GET /api/v1/erasures", "PUT /api/v1/erasures/{id}", "GET /api/v1/quotas", "GET /api/v1/sampling", "GET /api/v1/outcome-definitions", "POST /api/v1/outcome-definitions", "DELETE /api/v1/outcome-definitions/{id}", "POST /api/v1/outcomes", "PUT /api/v1/sampling/{project}", "GET /api/v1/organisations/{name}/quotas", "PUT /api/v1/organisations/{name}/quotas", .. BillsApiTests.Paths, .. BudgetsApiTests.Paths, .. ChannelsApiTests.Paths, .. DetectionApiTests.Paths, .. ResourcesApiTests.Paths, .. VectorsApiTests.Paths, .. CommitmentsApiTests.Paths, .. ReratingsApiTests.Paths, .. PoliciesApiTests.Paths, .. GatewayKeysApiTests.Paths, "GET /api/v1/currency", "PUT /api/v1/currency", "GET /api/v1/currency-rates", "PUT /api/v1/currency-rates"];

    [Fact]
    public async Task OwnRows_OfTheVictim_AreNeitherShownNorChanged()
    {
        var server = installation.Server;
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        var secret = "victims-key-" + Guid.NewGuid().ToString("N");
        var key = await server.Tenants.Keys.CreateAsync(victim.Id, new NewAccessKey(victim.Project, Domain.Tenancy.KeyKind.Api, secret), TenantMaker.Author);

        foreach (var address in (string[])["/api/v1/audit", $"/api/v1/audit?subject={secret}", $"/api/v1/audit?subject={key.Id}", "/api/v1/keys"])
        {
            // With the victim's own key each of them tells the key: the test can fail.
            Assert.Contains(key.Id.ToString(), (await Reply.GetAsync(server.Process, victim.ApiKey, address)).Body, StringComparison.Ordinal);
            var reply = await Reply.GetAsync(server.Process, intruder.ApiKey, address);
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            foreach (var canary in (string[])[secret, key.Id.ToString(), key.Token[..15], victim.Id.ToString(), victim.Project.ToString()])
                Assert.DoesNotContain(canary, reply.Body, StringComparison.Ordinal);
        }

        using var http = server.Process.Client(intruder.ApiKey);
        using var rotated = await http.PostAsync($"/api/v1/keys/{secret}/rotate", null);
        using var revoked = await http.DeleteAsync($"/api/v1/keys/{secret}");
        using var moved = await http.PutAsJsonAsync($"/api/v1/keys/{Guid.NewGuid():N}", new { project = victim.Project.Value });
        using var taken = await http.PutAsJsonAsync($"/api/v1/keys/{secret}", new { kind = "api" });
        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.Conflict, HttpStatusCode.Created], [rotated.StatusCode, revoked.StatusCode, moved.StatusCode, taken.StatusCode]);
        Assert.Equal(HttpStatusCode.OK, (await Reply.GetAsync(server.Process, key.Token, "/api/v1/costs")).Status);
        var kept = (await Reply.GetAsync(server.Process, victim.ApiKey, "/api/v1/retention")).Body;
        foreach (var (body, status) in ((object, HttpStatusCode)[])[(new { callDays = 30 }, HttpStatusCode.OK), (new { callDays = 3 }, HttpStatusCode.BadRequest), (new { days = 3 }, HttpStatusCode.BadRequest)])
        {
            using var put = await http.PutAsJsonAsync("/api/v1/retention", body);
            Assert.Equal(status, put.StatusCode);
        }

        Assert.Contains("\"callDays\":30", (await Reply.GetAsync(server.Process, intruder.ApiKey, "/api/v1/retention")).Body, StringComparison.Ordinal);
        Assert.Equal(kept, (await Reply.GetAsync(server.Process, victim.ApiKey, "/api/v1/retention")).Body);
        var erasure = Guid.NewGuid();
        using (var owner = server.Process.Client(victim.ApiKey))
        using (var erased = await owner.PutAsJsonAsync($"/api/v1/erasures/{erasure}", new { user = secret }))
            Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
        Assert.DoesNotContain(erasure.ToString(), (await Reply.GetAsync(server.Process, intruder.ApiKey, "/api/v1/erasures")).Body, StringComparison.Ordinal);
        using var misspelt = await http.PutAsJsonAsync($"/api/v1/erasures/{erasure}", new { user = secret, calls = "drop" });
        Assert.Equal(HttpStatusCode.BadRequest, misspelt.StatusCode);
        await SpendApi.BecomesAsync(
            async () => (await Reply.GetAsync(server.Process, victim.ApiKey, "/api/v1/erasures")).Body.Contains("\"finishedAt\":null", StringComparison.Ordinal), false, TimeSpan.FromSeconds(20));
        Assert.Equal(key.Id, Assert.Single(await server.Tenants.Keys.ListAsync(victim.Id), row => row.Name == secret).Id);
    }

    [Fact]
    public async Task Paths_OfTheApi_AreAllTried()
    {
        var document = JsonDocument.Parse((await Reply.GetAsync(installation.Server.Process, null, "/openapi/v1.json")).Body);

        var paths = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));

        Assert.Equal(Probes.Keys.Concat(OwnRows).Order(StringComparer.Ordinal), paths.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Intruder_OnEveryPath_LearnsNoMoreThanAnEmptyTenant()
    {
        await using var victim = await Victim.NewAsync(installation, withSample: true);
        var (intruder, silent) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());

        Assert.Empty(await LeaksAsync(victim, intruder.ApiKey, silent.ApiKey));
    }

    /// <summary>The proof that the suite can fail: with a key of the victim's own every single address is a leak.</summary>
    [Fact]
    public async Task Suite_WithAKeyOfTheVictim_FindsALeakAtEveryAddress()
    {
        await using var victim = await Victim.NewAsync(installation, withSample: true);
        var silent = await installation.NewTenantAsync();

        var leaks = await LeaksAsync(victim, victim.Sent.Tenant.ApiKey, silent.ApiKey);

        Assert.Equal(Probes.Values.SelectMany(addresses => addresses(victim)), leaks);
    }

    [Fact]
    public async Task Keys_ThatDoNotRead_AreRefusedOnEveryPath()
    {
        await using var victim = await Victim.NewAsync(installation);
        var revoked = await installation.Server.Tenants.NewKeyAsync(victim.Sent.Tenant.Id, victim.Sent.Tenant.Project, Domain.Tenancy.KeyKind.Api);
        Assert.True(await installation.Server.Tenants.Keys.RevokeAsync(victim.Sent.Tenant.Id, revoked.Id, TenantMaker.Author));

        foreach (var address in Probes.Values.SelectMany(addresses => addresses(victim)))
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(victim.Sent.Tenant.IngestKey, address)).Status);
            foreach (var key in (string?[])[null, revoked.Token, victim.Sent.Tenant.ApiKey[..^1] + "~", victim.Sent.Tenant.ApiKey.ToUpperInvariant(), victim.Sent.Tenant.Id.ToString(), "' OR '1'='1"])
                Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(key, address)).Status);
        }
    }

    /// <summary>Whoever asks cannot say who they are: only the key does.</summary>
    [Theory]
    [InlineData("X-Tenant-Id")]
    [InlineData("X-Scope-OrgID")]
    [InlineData("X-ClickHouse-Setting-log_comment")]
    [InlineData("Cookie")]
    public async Task Headers_ThatNameTheVictim_ChangeNothing(string header)
    {
        await using var victim = await Victim.NewAsync(installation);
        var (intruder, silent) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        var value = header == "Cookie" ? $"tenant_id={victim.Sent.Tenant.Id}" : victim.Sent.Tenant.Id.ToString();

        foreach (var address in Probes.Values.SelectMany(addresses => addresses(victim)))
            Assert.Equal(await AskAsync(silent.ApiKey, address), await AskAsync(intruder.ApiKey, address, (header, value)));
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("tenant_id")]
    [InlineData("log_comment")]
    [InlineData("param_tenant")]
    public async Task Parameters_ThatNameTheVictim_AreRefused(string name)
    {
        await using var victim = await Victim.NewAsync(installation);
        var intruder = await installation.NewTenantAsync();

        foreach (var path in (string[])["/api/v1/costs", "/api/v1/calls", "/api/v1/samples", "/api/v1/unit-costs", "/api/v1/costs/changes"])
        {
            var reply = await AskAsync(intruder.ApiKey, $"{path}?{name}={victim.Sent.Tenant.Id}");
            Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
            Assert.DoesNotContain(victim.Canary, reply.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Texts_ThatWouldBreakOutOfAStatement_AreOnlyTexts()
    {
        await using var victim = await Victim.NewAsync(installation);
        var (intruder, silent) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        string[] texts = ["' OR 1=1 --", "') OR tenant_id != toUUID('", "x' SETTINGS log_comment='" + victim.Sent.Tenant.Id, "{tenant:UUID}", "\\' OR \\'1\\'=\\'1", victim.Canary + "%"];

        foreach (var address in texts.SelectMany(text => Dimensions.Where(name => name != "project").Select(name => $"/api/v1/calls?{name}={Uri.EscapeDataString(text)}")
            .Append($"/api/v1/calls?search={Uri.EscapeDataString(text)}").Append($"/api/v1/calls/{Uri.EscapeDataString(text)}")))
            Assert.Equal(await AskAsync(silent.ApiKey, address), await AskAsync(intruder.ApiKey, address));
    }

    /// <summary>The intruder sends spans that take over the victim's ids, and names the victim in every attribute: nothing of the victim's changes.</summary>
    [Fact]
    public async Task Spans_ThatClaimTheVictimsIds_ChangeNothingOfTheirs()
    {
        await using var victim = await Victim.NewAsync(installation);
        await using var intruder = await Sent.NewAsync(installation);
        var before = await victim.Sent.Api.RowsAsync("feature,user,endpoint");
        var spans = new TraceBuilder();
        var claim = spans.Call(new Tokens(5_000_000, 1), null, victim.Response, more:
            [("tenant.id", victim.Sent.Tenant.Id.ToString()), ("tenant_id", victim.Sent.Tenant.Id.ToString()), ("project.id", victim.Sent.Tenant.Project.Value.ToString()), ("finops.tenant", victim.Sent.Tenant.Id.ToString())]);
        claim.Span.TraceId = Google.Protobuf.ByteString.CopyFrom(Convert.FromHexString(victim.Trace));
        claim.Resource!.Attributes.Add(TraceBuilder.Attribute("tenant.id", victim.Sent.Tenant.Id.ToString()));

        await intruder.Sender.AcceptAsync(claim);
        await intruder.Api.TotalBecomesAsync(Spend.Of(new Tokens(5_000_000, 1)));
        await Task.Delay(TimeSpan.FromSeconds(4));

        Assert.Equal(before, await victim.Sent.Api.RowsAsync("feature,user,endpoint"));
        Assert.DoesNotContain(victim.Canary, string.Join(' ', (await intruder.Api.RowsAsync("feature,user,endpoint")).Keys), StringComparison.Ordinal);
    }

    private async Task<List<string>> LeaksAsync(Victim victim, string key, string silentKey)
    {
        var leaks = new List<string>();
        foreach (var address in Probes.Values.SelectMany(addresses => addresses(victim)))
        {
            var (tried, nothing) = (await AskAsync(key, address), await AskAsync(silentKey, address));
            Assert.DoesNotContain(victim.Canary, address.Contains(victim.Canary, StringComparison.Ordinal) ? "" : nothing.Body, StringComparison.Ordinal);
            if (tried != nothing) leaks.Add(address);
        }

        return leaks;
    }

    /// <summary>The range is fixed, so that two answers are alike where nothing differs but the tenant.</summary>
    private async Task<Reply> AskAsync(string? key, string address, params (string Name, string Value)[] headers)
    {
        var reply = await Reply.GetAsync(installation.Server.Process, key, address.Contains('?', StringComparison.Ordinal) ? address.TrimEnd('?') + Range(address) : address, headers);
        // The one part of an answer that is new each time.
        return reply with { Body = System.Text.RegularExpressions.Regex.Replace(reply.Body, "\"traceId\":\"[^\"]*\"", "") };
    }

    private string Range(string address) => $"{(address.EndsWith('?') ? '?' : '&')}from={_today.AddDays(-2):yyyy-MM-dd}&to={_today.AddDays(2):yyyy-MM-dd}";
}
