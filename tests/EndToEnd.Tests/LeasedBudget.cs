using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using FinOps.Testing;

namespace FinOps.EndToEnd.Tests;

/// <summary>A budget that an approved policy enforces, with a lease that a gateway holds for as long as tests take.</summary>
internal static class LeasedBudget
{
    public static async Task<Guid> MakeAsync(ServerProcess server, TenantMaker tenants, TestTenant tenant)
    {
        using var ann = server.Client(await KeyOfAsync(tenants, tenant, "ann@example.test"));
        using var bob = server.Client(await KeyOfAsync(tenants, tenant, "bob@example.test"));
        var wanted = new
        {
            name = "Support",
            amount = 200,
            period = "quarter",
            scope = new { feature = new[] { "support" } },
            thresholds = new object[] { new { percent = 80, action = "throttle" }, new { percent = 100, action = "block" } },
        };
        var budget = (await AnswerAsync(ann.PostAsJsonAsync("/api/v1/budgets", wanted))).GetProperty("id").GetGuid();
        await AnswerAsync(ann.PostAsJsonAsync("/api/v1/policies", new
        {
            policy = new { id = "support-block", name = "Support: block", kind = "budget", match = new { feature = "support" }, body = new { action = "block", lease = new { budget, usd = 2, seconds = 3600 } } },
        }));
        await AnswerAsync(ann.PostAsync("/api/v1/policies/support-block/1/submit", null));
        await AnswerAsync(bob.PostAsJsonAsync("/api/v1/policies/support-block/1/approve", new { }));
        var token = (await AnswerAsync(ann.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "edge-frankfurt" }))).GetProperty("token").GetString()!;
        using var agent = await EnrolAsync(server, token);
        var grant = await ReserveAsync(agent, new LeaseRequest("support-block", budget.ToString(), 2, 3_600));
        await SettleAsync(agent, new LeaseSettlement(grant.LeaseId, 0.42m, 1_204));
        return budget;
    }

    /// <summary>An agent's own client.</summary>
    public static async Task<HttpClient> EnrolAsync(ServerProcess server, string token)
    {
        using var nobody = server.Client();
        var enrolled = await AnswerAsync(nobody.PostAsJsonAsync(AgentControl.EnrolPath, new EnrolRequest(token, "test 1", "host"), ControlJson.Default.EnrolRequest));
        return server.Client(enrolled.GetProperty("agent_key").GetString());
    }

    public static async Task<LeaseGrant> ReserveAsync(HttpClient agent, LeaseRequest wish) =>
        (await AnswerAsync(agent.PostAsJsonAsync(AgentControl.ReserveLeasePath, wish, ControlJson.Default.LeaseRequest))).Deserialize(ControlJson.Default.LeaseGrant)!;

    public static Task SettleAsync(HttpClient agent, LeaseSettlement told) => AnswerAsync(agent.PostAsJsonAsync(AgentControl.SettleLeasePath, told, ControlJson.Default.LeaseSettlement));

    /// <summary>A key with every scope, made by a person.</summary>
    private static async Task<string> KeyOfAsync(TenantMaker tenants, TestTenant tenant, string email) => (await tenants.Keys.CreateAsync(
        tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, email) { Scopes = [.. KeyScopes.All.Keys.Except(KeyScopes.OfOperators)] },
        Actor.OfUser(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(email)).AsSpan(0, 16)), email))).Token;

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {body}");
        return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
    }
}
