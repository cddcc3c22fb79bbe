using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies.Control;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Leases over the wire: reserved for an approved policy, settled, returned, shown; nobody else's, and wrong words are named.</summary>
public sealed partial class PoliciesApiTests
{
    [Fact]
    public async Task ALease_OfAnApprovedPolicy_IsReservedSettledAndReturned_ByItsAgentAlone()
    {
        var (tenant, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var ann = installation.Server.Process.Client(await KeyOfAsync(tenant, "ann@example.test"));
        using var bob = installation.Server.Process.Client(await KeyOfAsync(tenant, "bob@example.test"));
        using var eve = installation.Server.Process.Client(await KeyOfAsync(intruder, "eve@example.test"));
        var (agent, enrolled) = await EnrolAsync(ann, "edge-1");
        var (second, _) = await EnrolAsync(ann, "edge-2");
        var (other, _) = await EnrolAsync(eve, "edge-1");
        using var one = agent;
        using var two = second;
        using var three = other;
        var budget = (await AnswerAsync(ann.PostAsJsonAsync("/api/v1/budgets", new { name = "all", amount = 10m, thresholds = new[] { new { percent = 80, action = "block" } } }), HttpStatusCode.Created)).GetProperty("id").GetGuid();
        var gpus = (await AnswerAsync(ann.PostAsJsonAsync("/api/v1/budgets", new { name = "gpus", amount = 10m, scope = new { gpuPool = new[] { "h100" } } }), HttpStatusCode.Created)).GetProperty("id").GetGuid();

        // What cannot be leased is not submitted.
        foreach (var (wrong, word) in ((Guid, string)[])[(Guid.NewGuid(), "There is no budget"), (gpus, "GPUs")])
        {
            await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies", new { policy = Lease(wrong) }));
            Assert.Contains(word, (await AnswerAsync(ann.PostAsync("/api/v1/policies/hold/1/submit", null), HttpStatusCode.Conflict)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies", new { policy = Lease(budget) }));
        await AnswerAsync(ann.DeleteAsync($"/api/v1/budgets/{budget}"), HttpStatusCode.NoContent);
        Assert.Contains("archived", (await AnswerAsync(ann.PostAsync("/api/v1/policies/hold/1/submit", null), HttpStatusCode.Conflict)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await AnswerAsync(ann.PostAsync($"/api/v1/budgets/{budget}/restore", null));
        await AnswerAsync(ann.PostAsync("/api/v1/policies/hold/1/submit", null));
        await AnswerAsync(ReserveAsync(agent, budget), HttpStatusCode.NotFound);
        await AnswerAsync(bob.PostAsJsonAsync("/api/v1/policies/hold/1/approve", new { }));

        // Its answer may be lost: asked for again by the same name it is the same lease.
        var name = Guid.NewGuid();
        var grant = await GrantAsync(agent, budget, name);
        Assert.Equal((3m, 5m), (grant.Usd, grant.LeftUsd));
        // Less at the end of a month.
        Assert.InRange(grant.Seconds, 1, 30);
        Assert.Equal(grant, await GrantAsync(agent, budget, name) with { Seconds = grant.Seconds });
        var told = new LeaseSettlement(grant.LeaseId, 1.25m, 4);
        foreach (var path in (string[])[AgentControl.SettleLeasePath, AgentControl.ReturnLeasePath])
        {
            await AnswerAsync(second.PostAsJsonAsync(path, told, ControlJson.Default.LeaseSettlement), HttpStatusCode.NotFound);
            await AnswerAsync(other.PostAsJsonAsync(path, told, ControlJson.Default.LeaseSettlement), HttpStatusCode.NotFound);
        }

        await AnswerAsync(ReserveAsync(other, budget), HttpStatusCode.NotFound);
        await AnswerAsync(eve.GetAsync($"/api/v1/budgets/{budget}/leases"), HttpStatusCode.NotFound);
        await AnswerAsync(agent.PostAsJsonAsync(AgentControl.SettleLeasePath, told, ControlJson.Default.LeaseSettlement), HttpStatusCode.NoContent);
        await AnswerAsync(agent.PostAsJsonAsync(AgentControl.SettleLeasePath, told, ControlJson.Default.LeaseSettlement), HttpStatusCode.NoContent);
        var shown = await AnswerAsync(ann.GetAsync($"/api/v1/budgets/{budget}/leases"));
        var policy = Assert.Single(shown.GetProperty("policies").EnumerateArray());
        Assert.Equal(
            ("hold", "active", "block", 8m, 5m, 1.75m, 1.25m),
            (policy.GetProperty("id").GetString(), policy.GetProperty("state").GetString(), policy.GetProperty("action").GetString(), policy.GetProperty("endUsd").GetDecimal(), policy.GetProperty("freeUsd").GetDecimal(), policy.GetProperty("leasedUsd").GetDecimal(), policy.GetProperty("settledUsd").GetDecimal()));
        var lease = Assert.Single(shown.GetProperty("leases").EnumerateArray());
        Assert.Equal(("edge-1", 3m, 1.25m, 4), (lease.GetProperty("agent").GetString(), lease.GetProperty("grantedUsd").GetDecimal(), lease.GetProperty("settledUsd").GetDecimal(), lease.GetProperty("calls").GetInt64()));
        await AnswerAsync(agent.PostAsJsonAsync(AgentControl.ReturnLeasePath, told with { SpentUsd = 2 }, ControlJson.Default.LeaseSettlement), HttpStatusCode.NoContent);
        Assert.Equal((3m, 3m), await GrantAsync(second, budget) is { } next ? (next.Usd, next.LeftUsd) : default);

        // Wrong words are named, and change nothing.
        foreach (var (path, body, word) in ((string, string, string)[])
            [
                (AgentControl.ReserveLeasePath, "{}", "policy_id"), (AgentControl.ReserveLeasePath, $$"""{"policy_id":"hold","budget_id":"{{budget}}","usd":0,"seconds":30}""", "above 0"),
                (AgentControl.ReserveLeasePath, $$"""{"policy_id":"hold","budget_id":"{{budget}}","usd":1,"seconds":4}""", "5 to 3600"), (AgentControl.ReserveLeasePath, "[1]", "JSON object"),
                (AgentControl.ReserveLeasePath, $$"""{"policy_id":"hold","budget_id":"{{budget}}","usd":1,"seconds":30,"request_id":"{{Guid.Empty}}"}""", "not all zeros"),
                (AgentControl.ReserveLeasePath, $$"""{"policy_id":"hold","budget_id":"{{budget}}","usd":1,"seconds":30,"request_id":"x"}""", "request_id"),
                (AgentControl.SettleLeasePath, $$"""{"lease_id":"{{grant.LeaseId}}","spent_usd":-1,"calls":0}""", "spent_usd"), (AgentControl.ReturnLeasePath, """{"spent_usd":1,"calls":0}""", "lease_id"),
            ])
        {
            Assert.Contains(word, (await AnswerAsync(agent.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json")), HttpStatusCode.BadRequest)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        await AnswerAsync(agent.PostAsync(AgentControl.ReserveLeasePath, new StringContent("""{"policy_id":"hold","budget_id":"x","usd":1,"seconds":30}""", Encoding.UTF8, "application/json")), HttpStatusCode.NotFound);
        using var nobody = installation.Server.Process.Client();
        using var plain = installation.Server.Process.Client((await installation.Server.Tenants.NewKeyAsync(tenant.Id, tenant.Project, Domain.Tenancy.KeyKind.Agent)).Token);
        foreach (var (client, status) in ((HttpClient, HttpStatusCode)[])[(plain, HttpStatusCode.Forbidden), (ann, HttpStatusCode.Forbidden), (nobody, HttpStatusCode.Unauthorized)])
        {
            await AnswerAsync(ReserveAsync(client, budget), status);
            await AnswerAsync(client.PostAsJsonAsync(AgentControl.SettleLeasePath, told, ControlJson.Default.LeaseSettlement), status);
        }

        // Revoked: what it holds is free again when its time is over.
        await AnswerAsync(ann.DeleteAsync($"/api/v1/agents/{enrolled.AgentId}"), HttpStatusCode.NoContent);
        await AnswerAsync(ReserveAsync(agent, budget), HttpStatusCode.Unauthorized);
    }

    private static object Lease(Guid budget) =>
        new { id = "hold", name = "Hold", kind = "budget", match = new { all = true }, body = new { action = "block", lease = new { budget, usd = 3 } } };

    private static Task<HttpResponseMessage> ReserveAsync(HttpClient agent, Guid budget, Guid? name = null) =>
        agent.PostAsJsonAsync(AgentControl.ReserveLeasePath, new LeaseRequest("hold", budget.ToString(), 3, 30, name), ControlJson.Default.LeaseRequest);

    private static async Task<LeaseGrant> GrantAsync(HttpClient agent, Guid budget, Guid? name = null) =>
        (await AnswerAsync(ReserveAsync(agent, budget, name))).Deserialize(ControlJson.Default.LeaseGrant)!;
}
