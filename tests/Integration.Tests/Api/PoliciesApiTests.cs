using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>From a draft to an agent that obeys it, by REST and the agents' own interface; and nothing of it is another tenant's.</summary>
public sealed partial class PoliciesApiTests(Installation installation)
{
    internal static readonly string[] Paths =
    [
        "GET /api/v1/policies", "POST /api/v1/policies", "GET /api/v1/policies/{id}", "GET /api/v1/policies/{id}/truncation", "POST /api/v1/policies/preview", "POST /api/v1/policies/{id}/{version}/submit", "POST /api/v1/policies/{id}/{version}/approve",
        "POST /api/v1/policies/{id}/{version}/refuse", "POST /api/v1/policies/{id}/{version}/withdraw", "GET /api/v1/agents", "POST /api/v1/agents/enrolments", "DELETE /api/v1/agents/{id}",
    ];

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task APolicy_ApprovedByAnotherPerson_ReachesAnAgentThatWaits_AndIsTakenBack()
    {
        var tenant = await installation.NewTenantAsync();
        using var ann = installation.Server.Process.Client(await KeyOfAsync(tenant, "ann@example.test"));
        using var bob = installation.Server.Process.Client(await KeyOfAsync(tenant, "bob@example.test"));
        var (agent, enrolled) = await EnrolAsync(ann, "edge-1");
        using var _ = agent;
        var trusted = BundleKey.TryParse(enrolled.SigningKey)!;
        Assert.Equal((tenant.Id.Value, "edge-1"), (enrolled.Tenant, enrolled.Name));
        await AnswerAsync(agent.GetAsync($"{AgentControl.BundlePath}?have=0"), HttpStatusCode.NotFound);

        // Written and submitted by one person, whose other keys cannot approve it.
        var drafted = await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies", new { policy = Limit(300), reason = "p99 is 310" }));
        Assert.Equal(("draft", 1), (drafted.GetProperty("state").GetString(), drafted.GetProperty("version").GetInt32()));
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies", new { policy = Limit(400) }));
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies/cap/1/approve", new { }), HttpStatusCode.Conflict);
        await AnswerAsync(ann.PostAsync("/api/v1/policies/cap/1/submit", null));
        await AnswerAsync(bob.PostAsJsonAsync("/api/v1/policies", new { policy = Limit(500) }), HttpStatusCode.Conflict);
        using (var second = installation.Server.Process.Client(await KeyOfAsync(tenant, "ann@example.test")))
            Assert.Contains("Another person", (await AnswerAsync(second.PostAsJsonAsync("/api/v1/policies/cap/1/approve", new { }), HttpStatusCode.Conflict)).GetProperty("detail").GetString(), StringComparison.Ordinal);

        // The agent waits, and is woken.
        var waiting = agent.GetAsync($"{AgentControl.BundlePath}?have=0&wait=30");
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal("active", (await AnswerAsync(bob.PostAsJsonAsync("/api/v1/policies/cap/1/approve", new { reason = "fine" }))).GetProperty("state").GetString());
        var first = Judge(await BytesAsync(waiting), trusted, tenant);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < Soon);
        Assert.Equal(new OutputLimit(400), Assert.Single(first.Policies).Body);
        using (var unchanged = await agent.GetAsync($"{AgentControl.BundlePath}?have={first.Version}&wait=1")) Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        await AnswerAsync(agent.PostAsJsonAsync(AgentControl.AcknowledgePath, new Acknowledgement(first.Version, "none", []), ControlJson.Default.Acknowledgement), HttpStatusCode.NoContent);

        // The next version takes its place; the agent refuses it, which people see.
        await AnswerAsync(bob.PostAsJsonAsync("/api/v1/policies", new { policy = Limit(200) }));
        await AnswerAsync(bob.PostAsync("/api/v1/policies/cap/2/submit", null));
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies/cap/2/approve", new { }));
        var next = Judge(await BytesAsync(agent.GetAsync($"{AgentControl.BundlePath}?have={first.Version}&wait=5")), trusted, tenant);
        Assert.True(next.Version > first.Version);
        Assert.Equal((2, new OutputLimit(200)), (next.Policies[0].Version, next.Policies[0].Body));
        await AnswerAsync(agent.PostAsJsonAsync(AgentControl.AcknowledgePath, new Acknowledgement(next.Version, "invalid", [new PolicyError("$.policies[0]", "odd.", "mend it.")]), ControlJson.Default.Acknowledgement), HttpStatusCode.NoContent);
        var shown = (await AnswerAsync(ann.GetAsync("/api/v1/agents"))).GetProperty("agents")[0];
        Assert.Equal(
            ("live", first.Version, true, "invalid", "$.policies[0]: odd. mend it."),
            (shown.GetProperty("state").GetString(), shown.GetProperty("version").GetInt64(), shown.GetProperty("drift").GetBoolean(), shown.GetProperty("refusal").GetString(), shown.GetProperty("refusalDetail").GetString()));

        // One step back: the version before is active again.
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies/cap/2/withdraw", new { reason = "truncates" }));
        var undone = Judge(await BytesAsync(agent.GetAsync($"{AgentControl.BundlePath}?have={next.Version}&wait=5")), trusted, tenant);
        Assert.Equal(new OutputLimit(400), Assert.Single(undone.Policies).Body);
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies/cap/1/withdraw", new { restore = false }));
        Assert.Empty(Judge(await BytesAsync(agent.GetAsync($"{AgentControl.BundlePath}?have={undone.Version}&wait=5")), trusted, tenant).Policies);
        Assert.Equal(
            ["withdrawn", "withdrawn"], (await AnswerAsync(ann.GetAsync("/api/v1/policies/cap"))).GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("state").GetString()));
        var beat = await AnswerAsync(agent.PostAsJsonAsync(AgentControl.HeartbeatPath, new Heartbeat(undone.Version, "gateway 2", 5, 1, 0), ControlJson.Default.Heartbeat));
        Assert.True(beat.GetProperty("version").GetInt64() > undone.Version);
        var audit = await ann.GetStringAsync("/api/v1/audit?limit=100");
        foreach (var act in (string[])["policy.drafted", "policy.submitted", "policy.approved", "policy.withdrawn", "agent.invited", "agent.enrolled", "bundle.applied", "bundle.refused"])
            Assert.Contains($"\"{act}\"", audit, StringComparison.Ordinal);

        // Revoked: nothing is told or taken any more.
        await AnswerAsync(ann.DeleteAsync($"/api/v1/agents/{enrolled.AgentId}"), HttpStatusCode.NoContent);
        await AnswerAsync(ann.DeleteAsync($"/api/v1/agents/{enrolled.AgentId}"), HttpStatusCode.NotFound);
        await AnswerAsync(agent.GetAsync(AgentControl.BundlePath), HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task AnotherTenant_WithTheVictimsNames_SeesAndChangesNothing()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var ann = installation.Server.Process.Client(await KeyOfAsync(victim, "ann@example.test"));
        using var bob = installation.Server.Process.Client(await KeyOfAsync(victim, "bob@example.test"));
        using var eve = installation.Server.Process.Client(await KeyOfAsync(intruder, "eve@example.test"));
        using var mallory = installation.Server.Process.Client(await KeyOfAsync(intruder, "mallory@example.test"));
        var (agent, enrolled) = await EnrolAsync(ann, "edge");
        var (other, _) = await EnrolAsync(eve, "edge");
        using var first = agent;
        using var second = other;
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies", new { policy = Limit(400) }));
        await AnswerAsync(ann.PostAsync("/api/v1/policies/cap/1/submit", null));

        // A bundle of one's own, so that the answers below are not merely those of somebody who has nothing.
        await AnswerAsync(eve.PostAsJsonAsync("/api/v1/policies", new { policy = Limit(7, "own") }));
        await AnswerAsync(eve.PostAsync("/api/v1/policies/own/1/submit", null));
        await AnswerAsync(mallory.PostAsJsonAsync("/api/v1/policies/own/1/approve", new { }));
        foreach (var step in (string[])["submit", "approve", "refuse", "withdraw"]) await AnswerAsync(mallory.PostAsJsonAsync($"/api/v1/policies/cap/1/{step}", new { }), HttpStatusCode.NotFound);
        await AnswerAsync(eve.GetAsync("/api/v1/policies/cap"), HttpStatusCode.NotFound);
        await AnswerAsync(eve.GetAsync("/api/v1/policies/cap/truncation"), HttpStatusCode.NotFound);
        Assert.False((await AnswerAsync(eve.GetAsync("/api/v1/policies/own/truncation"))).GetProperty("roseClearly").GetBoolean());
        Assert.Equal(0, (await AnswerAsync(eve.PostAsJsonAsync("/api/v1/policies/preview", new { policy = Limit(7) }))).GetProperty("allCalls").GetInt64());
        Assert.Equal("own", Assert.Single((await AnswerAsync(eve.GetAsync("/api/v1/policies"))).GetProperty("policies").EnumerateArray()).GetProperty("id").GetString());
        Assert.Single((await AnswerAsync(eve.GetAsync("/api/v1/agents"))).GetProperty("agents").EnumerateArray());
        await AnswerAsync(eve.DeleteAsync($"/api/v1/agents/{enrolled.AgentId}"), HttpStatusCode.NotFound);
        await AnswerAsync(eve.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "x", project = victim.Project.Value }), HttpStatusCode.Conflict);

        await AnswerAsync(bob.PostAsJsonAsync("/api/v1/policies/cap/1/approve", new { }));
        var theirs = SignedBundle.Parse(await BytesAsync(other.GetAsync($"{AgentControl.BundlePath}?have=0&wait=5")))!;
        Assert.Equal(intruder.Id, PolicyBundleReader.Read(theirs.Payload).Bundle!.Tenant);
        Assert.Equal(BundleRefusal.OtherTenant, BundleVerdict.Of(theirs, BundleKey.TryParse(enrolled.SigningKey)!, victim.Id, null, TimeProvider.System.GetUtcNow()).Refusal);
        await AnswerAsync(other.PostAsJsonAsync(AgentControl.AcknowledgePath, new Acknowledgement(9, "expired", []), ControlJson.Default.Acknowledgement), HttpStatusCode.NoContent);
        await AnswerAsync(other.PostAsJsonAsync(AgentControl.HeartbeatPath, new Heartbeat(9, "theirs"), ControlJson.Default.Heartbeat));
        var mine = Assert.Single((await AnswerAsync(ann.GetAsync("/api/v1/agents"))).GetProperty("agents").EnumerateArray());
        Assert.Equal((0, "test 1", JsonValueKind.Null), (mine.GetProperty("version").GetInt64(), mine.GetProperty("software").GetString(), mine.GetProperty("refusal").ValueKind));

        // Keys that are no agent's, and none at all.
        using var plain = installation.Server.Process.Client((await installation.Server.Tenants.NewKeyAsync(victim.Id, victim.Project, KeyKind.Agent)).Token);
        using var ingest = installation.Server.Process.Client(victim.IngestKey);
        using var nobody = installation.Server.Process.Client();
        foreach (var (client, status) in ((HttpClient, HttpStatusCode)[])[(plain, HttpStatusCode.Forbidden), (ingest, HttpStatusCode.Forbidden), (ann, HttpStatusCode.Forbidden), (nobody, HttpStatusCode.Unauthorized)])
        {
            await AnswerAsync(client.GetAsync(AgentControl.BundlePath), status);
            await AnswerAsync(client.PostAsJsonAsync(AgentControl.AcknowledgePath, new Acknowledgement(1, "none", []), ControlJson.Default.Acknowledgement), status);
            await AnswerAsync(client.PostAsJsonAsync(AgentControl.HeartbeatPath, new Heartbeat(1, "x"), ControlJson.Default.Heartbeat), status);
        }

        await AnswerAsync(agent.GetAsync("/api/v1/policies"), HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task WrongBodies_AreRefusedWithWhatIsWrong()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(await KeyOfAsync(tenant, "ann@example.test"));
        var refused = await AnswerAsync(http.PostAsJsonAsync("/api/v1/policies", new { policy = new { id = "a b", name = "n", kind = "output_limit", match = new { }, body = new { max_tokens = 0 } } }), HttpStatusCode.BadRequest);
        Assert.Equal(["$.id", "$.match", "$.body.max_tokens"], refused.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()));
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/policies", new { reason = "x" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/policies/preview", new { policy = Limit(0) }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/policies/none/1/approve", new { }), HttpStatusCode.NotFound);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "" }), HttpStatusCode.Conflict);

        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "edge" }));
        var token = made.GetProperty("token").GetString()!;
        var newer = (await AnswerAsync(http.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "edge" }))).GetProperty("token").GetString()!;
        foreach (var (wrong, status) in ((string, HttpStatusCode)[])[(token, HttpStatusCode.Unauthorized), (newer[..^1] + "~", HttpStatusCode.Unauthorized), ("fin_en_short", HttpStatusCode.Unauthorized), (newer, HttpStatusCode.OK), (newer, HttpStatusCode.Unauthorized)])
            await AnswerAsync(EnrolAsync(wrong), status);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "edge" }), HttpStatusCode.Conflict);
        using var nobody = installation.Server.Process.Client();
        await AnswerAsync(nobody.PostAsJsonAsync(AgentControl.EnrolPath, new { token }), HttpStatusCode.BadRequest);
        await AnswerAsync(nobody.PostAsync(AgentControl.EnrolPath, new ByteArrayContent(new byte[AgentControl.MaxBodyBytes + 1])), HttpStatusCode.BadRequest);
    }

    private static object Limit(int tokens, string id = "cap") => new { id, name = "Cap", kind = "output_limit", match = new { feature = "summaries" }, body = new { max_tokens = tokens } };

    private static PolicyBundle Judge(byte[] bytes, BundleKey trusted, TestTenant tenant)
    {
        var verdict = BundleVerdict.Of(SignedBundle.Parse(bytes), trusted, tenant.Id, null, TimeProvider.System.GetUtcNow());
        Assert.Equal(BundleRefusal.None, verdict.Refusal);
        return verdict.Bundle!;
    }

    /// <summary>A key with every scope, made by a person.</summary>
    private async Task<string> KeyOfAsync(TestTenant tenant, string email)
    {
        var person = new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(email)).AsSpan(0, 16));
        return (await installation.Server.Tenants.Keys.CreateAsync(
            tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, $"{email} {Guid.NewGuid():N}") { Scopes = [.. KeyScopes.All.Keys.Except(KeyScopes.OfOperators)] }, Actor.OfUser(person, email))).Token;
    }

    private async Task<(HttpClient Agent, EnrolResponse Enrolled)> EnrolAsync(HttpClient http, string name)
    {
        var token = (await AnswerAsync(http.PostAsJsonAsync("/api/v1/agents/enrolments", new { name }))).GetProperty("token").GetString()!;
        using var answer = await EnrolAsync(token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var enrolled = (await answer.Content.ReadFromJsonAsync(ControlJson.Default.EnrolResponse))!;
        return (installation.Server.Process.Client(enrolled.AgentKey), enrolled);
    }

    private async Task<HttpResponseMessage> EnrolAsync(string token)
    {
        using var nobody = installation.Server.Process.Client();
        return await nobody.PostAsJsonAsync(AgentControl.EnrolPath, new EnrolRequest(token, "test 1", "host"), ControlJson.Default.EnrolRequest);
    }

    private static async Task<byte[]> BytesAsync(Task<HttpResponseMessage> sending)
    {
        using var answer = await sending;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {body}");
        return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
    }
}
