using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Virtual keys from REST to the bundle as a gateway reads it: made once, changed, revoked; and none of it is another tenant's.</summary>
public sealed class GatewayKeysApiTests(Installation installation)
{
    internal static readonly string[] Paths =
        ["GET /api/v1/gateway-keys", "GET /api/v1/gateway-keys/{id}", "POST /api/v1/gateway-keys", "PUT /api/v1/gateway-keys/{id}", "DELETE /api/v1/gateway-keys/{id}"];

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task AKey_WithoutAnyPolicy_IsInTheFirstBundle_AndChangesAndItsEndFollow()
    {
        var (tenant, other) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var http = installation.Server.Process.Client(await KeyOfAsync(tenant));
        using var eve = installation.Server.Process.Client(await KeyOfAsync(other));
        using var agent = await EnrolAsync(http);

        var waiting = agent.GetAsync($"{AgentControl.BundlePath}?have=0&wait=30");
        var began = TimeProvider.System.GetTimestamp();
        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "Checkout API", tags = new { feature = "checkout", team = "payments" }, models = new[] { "gpt-4o*" } }), HttpStatusCode.Created);
        var token = made.GetProperty("token").GetString()!;
        var first = await BundleAsync(waiting, tenant);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < Soon);
        var policies = PolicySnapshot.Create(first);
        var key = policies.FindKey(SHA256.HashData(Encoding.UTF8.GetBytes(token)))!;
        Assert.Equal(("checkout-api", "checkout", true, false), (key.Key.Id, key.Key.Tags[Tag.Feature], key.AllowsModel("gpt-4o-mini"), key.AllowsModel("o3")));
        Assert.True(key.IsLive(TimeProvider.System.GetUtcNow()));
        Assert.DoesNotContain(token, await http.GetStringAsync("/api/v1/gateway-keys?state=all"), StringComparison.Ordinal);

        // Another one of the same name has another id; a chosen id that is taken is a conflict.
        Assert.Equal("checkout-api-2", (await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "Checkout API" }), HttpStatusCode.Created)).GetProperty("key").GetProperty("id").GetString());
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "x", id = "checkout-api" }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/gateway-keys/checkout-api", new { name = "Checkout", tags = new { feature = "cart" }, enabled = false }));
        var changed = (await BundleAsync(agent.GetAsync($"{AgentControl.BundlePath}?have={first.Version}&wait=5"), tenant)).Keys.Single(one => one.Id == "checkout-api");
        Assert.Equal(("Checkout", "cart", false, 0), (changed.Name, changed.Tags[Tag.Feature], changed.Enabled, changed.Models.Count));

        // Another tenant has the same names, and neither sees nor changes the victim's.
        await AnswerAsync(eve.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "Own", id = "own" }), HttpStatusCode.Created);
        await AnswerAsync(eve.GetAsync("/api/v1/gateway-keys/checkout-api"), HttpStatusCode.NotFound);
        await AnswerAsync(eve.PutAsJsonAsync("/api/v1/gateway-keys/checkout-api", new { name = "Mine" }), HttpStatusCode.NotFound);
        await AnswerAsync(eve.DeleteAsync("/api/v1/gateway-keys/checkout-api"), HttpStatusCode.NotFound);
        Assert.Equal("own", Assert.Single((await AnswerAsync(eve.GetAsync("/api/v1/gateway-keys"))).GetProperty("keys").EnumerateArray()).GetProperty("id").GetString());

        await AnswerAsync(http.DeleteAsync("/api/v1/gateway-keys/checkout-api"), HttpStatusCode.NoContent);
        await AnswerAsync(http.DeleteAsync("/api/v1/gateway-keys/checkout-api"), HttpStatusCode.NotFound);
        var last = PolicySnapshot.Create(await BundleAsync(agent.GetAsync(AgentControl.BundlePath), tenant));
        Assert.False(last.FindKey(SHA256.HashData(Encoding.UTF8.GetBytes(token)))!.IsLive(TimeProvider.System.GetUtcNow()));
        var listed = await AnswerAsync(http.GetAsync("/api/v1/gateway-keys?search=checkout"));
        Assert.Equal(("checkout-api-2", 1), (Assert.Single(listed.GetProperty("keys").EnumerateArray()).GetProperty("id").GetString(), listed.GetProperty("total").GetInt32()));
        Assert.Equal(2, (await AnswerAsync(http.GetAsync("/api/v1/gateway-keys?state=all"))).GetProperty("total").GetInt32());
        var audit = await http.GetStringAsync("/api/v1/audit?limit=100");
        foreach (var act in (string[])["gateway_key.made", "gateway_key.changed", "gateway_key.revoked"]) Assert.Contains($"\"{act}\"", audit, StringComparison.Ordinal);
        Assert.DoesNotContain(token, audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongKeys_AreRefusedWithEachMistake_AndWhoMayNotManageMakesNone()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(await KeyOfAsync(tenant));
        using var reader = installation.Server.Process.Client((await installation.Server.Tenants.Keys.CreateAsync(
            tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, $"reads {Guid.NewGuid():N}") { Scopes = [KeyScopes.ReadPolicies] }, TenantMaker.Author)).Token);

        var wrong = await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "", id = "a b", models = new[] { "" } }), HttpStatusCode.BadRequest);
        Assert.Equal(["$.id", "$.models[0]", "$.name"], wrong.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()).Order(StringComparer.Ordinal));
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "x", id = "Big" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "x", tags = new { session = "s" } }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "x", model = "gpt-4o" }), HttpStatusCode.BadRequest);
        await AnswerAsync(reader.PostAsJsonAsync("/api/v1/gateway-keys", new { name = "x" }), HttpStatusCode.Forbidden);
        Assert.Equal(0, (await AnswerAsync(reader.GetAsync("/api/v1/gateway-keys?state=all"))).GetProperty("total").GetInt32());
    }

    private static async Task<PolicyBundle> BundleAsync(Task<HttpResponseMessage> sending, TestTenant tenant)
    {
        using var answer = await sending;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var (bundle, errors) = PolicyBundleReader.Read(SignedBundle.Parse(await answer.Content.ReadAsByteArrayAsync())!.Payload);
        Assert.Empty(errors);
        Assert.Equal(tenant.Id, bundle!.Tenant);
        return bundle;
    }

    /// <summary>A key with every scope, made by a person.</summary>
    private async Task<string> KeyOfAsync(TestTenant tenant) => (await installation.Server.Tenants.Keys.CreateAsync(
        tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, $"all {Guid.NewGuid():N}") { Scopes = [.. KeyScopes.All.Keys.Except(KeyScopes.OfOperators)] }, Actor.OfUser(Guid.NewGuid(), "ann@example.test"))).Token;

    private async Task<HttpClient> EnrolAsync(HttpClient http)
    {
        var token = (await AnswerAsync(http.PostAsJsonAsync("/api/v1/agents/enrolments", new { name = "edge" }))).GetProperty("token").GetString()!;
        using var nobody = installation.Server.Process.Client();
        using var answer = await nobody.PostAsJsonAsync(AgentControl.EnrolPath, new EnrolRequest(token, "test 1", "host"), ControlJson.Default.EnrolRequest);
        return installation.Server.Process.Client((await answer.Content.ReadFromJsonAsync(ControlJson.Default.EnrolResponse))!.AgentKey);
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await sending;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
