using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Organisations, their projects and their people by REST: again and again with the same outcome, and never another tenant's.</summary>
public sealed class OrganisationApiTests(Installation installation)
{
    internal static readonly string[] Paths =
    [
        "GET /api/v1/organisation", "PUT /api/v1/organisation", "GET /api/v1/projects", "PUT /api/v1/projects/{name}",
        "GET /api/v1/members", "PUT /api/v1/members/{email}", "DELETE /api/v1/members/{email}",
        "GET /api/v1/members/{email}/digest", "PUT /api/v1/members/{email}/digest",
        "GET /api/v1/invitations", "PUT /api/v1/invitations/{email}", "DELETE /api/v1/invitations/{email}",
        "GET /api/v1/organisations", "GET /api/v1/organisations/{name}", "PUT /api/v1/organisations/{name}", "DELETE /api/v1/organisations/{name}",
    ];

    [Fact]
    public async Task Project_PutTwice_IsMadeOnce()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);

        var made = await AnswerAsync(http.PutAsync("/api/v1/projects/web%20shop", null), HttpStatusCode.Created);
        var again = await AnswerAsync(http.PutAsync("/api/v1/projects/Web%20Shop", null), HttpStatusCode.OK);

        Assert.Equal(made.GetRawText(), again.GetRawText());
        var projects = (await AnswerAsync(http.GetAsync("/api/v1/projects"))).GetProperty("projects");
        Assert.Equal(2, projects.GetArrayLength());
        Assert.Contains(made.GetRawText(), projects.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Organisation_Renamed_IsCalledSo()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        var name = "Renamed " + Guid.NewGuid().ToString("N");

        await AnswerAsync(http.PutAsJsonAsync("/api/v1/organisation", new { name }));

        Assert.Equal(name, (await AnswerAsync(http.GetAsync("/api/v1/organisation"))).GetProperty("name").GetString());
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/organisation", new { nme = "x" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/organisation", new { name = " " }), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Invitation_PutAgain_StaysUntilItSaysSomethingElse()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        const string Address = "/api/v1/invitations/Ann%40example.test";

        var made = await AnswerAsync(http.PutAsJsonAsync(Address, new { role = "viewer", teams = new[] { "web", "ads" } }), HttpStatusCode.Created);
        var link = made.GetProperty("link").GetString()!;
        var again = await AnswerAsync(http.PutAsJsonAsync(Address, new { role = "viewer", teams = new[] { "ads", "web" } }));
        Assert.Equal(JsonValueKind.Null, again.GetProperty("link").ValueKind);
        Assert.Equal(made.GetProperty("invitation").GetRawText(), again.GetProperty("invitation").GetRawText());
        Assert.Contains("Join", await PageAsync(link), StringComparison.Ordinal);

        var stronger = await AnswerAsync(http.PutAsJsonAsync(Address, new { role = "analyst" }), HttpStatusCode.Created);
        Assert.NotEqual(link, stronger.GetProperty("link").GetString());
        Assert.Equal(["analyst"], Words(await AnswerAsync(http.GetAsync("/api/v1/invitations")), "invitations", "role"));

        await AnswerAsync(http.PutAsJsonAsync(Address, new { role = "king" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/invitations/nobody", new { role = "viewer" }), HttpStatusCode.Conflict);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync(Address)).StatusCode);
        Assert.Empty(Words(await AnswerAsync(http.GetAsync("/api/v1/invitations")), "invitations", "role"));
    }

    [Fact]
    public async Task Member_ChangedAndRemoved_StandsInTheAuditRecordByTheKeysName()
    {
        var tenant = await installation.NewTenantAsync();
        var tenants = installation.Server.Tenants;
        var (admin, other) = (await tenants.NewMemberAsync(tenant.Id, TenantRole.Admin), await tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer));
        using var http = installation.Server.Process.Client(tenant.ApiKey);

        for (var i = 0; i < 2; i++)
        {
            var changed = await AnswerAsync(http.PutAsJsonAsync($"/api/v1/members/{other}", new { role = "approver", teams = new[] { "web" } }));
            Assert.Equal(("approver", """["web"]"""), (changed.GetProperty("role").GetString(), changed.GetProperty("teams").GetRawText()));
        }

        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/members/{admin}", new { role = "viewer" }), HttpStatusCode.Conflict);
        await AnswerAsync(http.DeleteAsync($"/api/v1/members/{admin}"), HttpStatusCode.Conflict);
        var problem = await AnswerAsync(http.PutAsJsonAsync("/api/v1/members/nobody%40example.test", new { role = "viewer" }), HttpStatusCode.NotFound);
        Assert.Contains("/api/v1/invitations/nobody@example.test", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var digest = await AnswerAsync(http.PutAsJsonAsync($"/api/v1/members/{other}/digest", new { weekly = true, timeZone = "Europe/Berlin" }));
        Assert.Equal("""{"weekly":true,"monthly":false,"timeZone":"Europe/Berlin"}""", digest.GetRawText());
        Assert.Equal(digest.GetRawText(), (await AnswerAsync(http.GetAsync($"/api/v1/members/{other}/digest"))).GetRawText());
        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/members/{other}/digest", new { timeZone = "Mars/Olympus" }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/members/{other}/digest", new { daily = true }), HttpStatusCode.BadRequest);
        using (var stranger = installation.Server.Process.Client((await installation.NewTenantAsync()).ApiKey))
            await AnswerAsync(stranger.GetAsync($"/api/v1/members/{other}/digest"), HttpStatusCode.NotFound);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"/api/v1/members/{other}")).StatusCode);

        Assert.Equal([admin], Words(await AnswerAsync(http.GetAsync("/api/v1/members")), "members", "email"));
        var acts = (await AnswerAsync(http.GetAsync($"/api/v1/audit?act=member&subject={other}"))).GetProperty("entries");
        Assert.Equal(["member.removed", "member.scope_changed", "member.role_changed", "member.added"], acts.EnumerateArray().Select(entry => entry.GetProperty("act").GetString()!));
    }

    [Fact]
    public async Task Installation_ByAnOperatorsKey_MakesSuspendsAndResumesAnOrganisation()
    {
        var home = await installation.NewTenantAsync();
        var key = await installation.Server.Tenants.NewOperatorKeyAsync(home);
        using var http = installation.Server.Process.Client(key.Token);
        var name = "Branch " + Guid.NewGuid().ToString("N");
        var (address, email) = ($"/api/v1/organisations/{Uri.EscapeDataString(name)}", $"{Guid.NewGuid():N}@example.test");

        await AnswerAsync(http.PutAsJsonAsync(address, new { }), HttpStatusCode.BadRequest);
        var made = await AnswerAsync(http.PutAsJsonAsync(address, new { administrator = email }), HttpStatusCode.Created);
        Assert.NotEqual("", made.GetProperty("firstPassword").GetString());
        var again = await AnswerAsync(http.PutAsJsonAsync(address, new { administrator = email }));
        Assert.Equal(JsonValueKind.Null, again.GetProperty("firstPassword").ValueKind);
        Assert.Equal(made.GetProperty("organisation").GetRawText(), again.GetProperty("organisation").GetRawText());

        Assert.Equal("unpaid", (await AnswerAsync(http.PutAsJsonAsync(address, new { suspended = "unpaid" }))).GetProperty("organisation").GetProperty("suspended").GetString());
        var listed = await AnswerAsync(http.GetAsync($"/api/v1/organisations?search={Uri.EscapeDataString(name)}"));
        Assert.Equal(["unpaid"], Words(listed, "organisations", "suspended"));
        await AnswerAsync(http.PutAsJsonAsync(address, new { }));
        var usage = await AnswerAsync(http.GetAsync($"/api/v1/organisations/{made.GetProperty("organisation").GetProperty("shortName").GetString()}"));
        Assert.Equal((JsonValueKind.Null, 0), (usage.GetProperty("organisation").GetProperty("suspended").ValueKind, usage.GetProperty("usage").GetProperty("calls").GetInt64()));
        await AnswerAsync(http.GetAsync("/api/v1/organisations/nowhere"), HttpStatusCode.NotFound);

        // By the job of the running server; another name deletes nothing, and nobody deletes where they stand.
        var shortName = made.GetProperty("organisation").GetProperty("shortName").GetString();
        await AnswerAsync(http.DeleteAsync($"{address}?confirm=another"), HttpStatusCode.Conflict);
        await AnswerAsync(http.DeleteAsync($"/api/v1/organisations/{Uri.EscapeDataString(home.Name)}?confirm={Uri.EscapeDataString(home.Name)}"), HttpStatusCode.Conflict);
        await AnswerAsync(http.DeleteAsync($"{address}?confirm={shortName}"), HttpStatusCode.Accepted);
        await SpendApi.BecomesAsync(async () => (await http.GetAsync(address)).StatusCode, HttpStatusCode.NotFound, TimeSpan.FromSeconds(30));
    }

    /// <summary>Who does not run the installation cannot get a key that does: neither by making, nor by changing, nor by rotating one.</summary>
    [Fact]
    public async Task OperatorsScope_AskedForByOthers_IsNotGiven()
    {
        var tenant = await installation.NewTenantAsync();
        await installation.Server.Tenants.NewOperatorKeyAsync(tenant);
        using var http = installation.Server.Process.Client(tenant.ApiKey);

        await AnswerAsync(http.GetAsync("/api/v1/organisations"), HttpStatusCode.Forbidden);
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/keys/mine", new { kind = "api", scopes = new[] { "installation.manage" } }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/keys/operator", new { kind = "api", scopes = new[] { "costs.read" } }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PostAsync("/api/v1/keys/operator/rotate", null), HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Intruder_WithTheVictimsNames_LearnsAndChangesNothing()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        var member = await installation.Server.Tenants.NewMemberAsync(victim.Id, TenantRole.Analyst);
        var (project, invited) = ("secret-" + Guid.NewGuid().ToString("N"), $"{Guid.NewGuid():N}@example.test");
        using var owner = installation.Server.Process.Client(victim.ApiKey);
        await AnswerAsync(owner.PutAsync($"/api/v1/projects/{project}", null), HttpStatusCode.Created);
        await AnswerAsync(owner.PutAsJsonAsync($"/api/v1/invitations/{invited}", new { role = "viewer" }), HttpStatusCode.Created);
        var before = await StateAsync(owner);
        foreach (var canary in (string[])[member, project, invited]) Assert.Contains(canary, before, StringComparison.Ordinal);

        using var http = installation.Server.Process.Client(intruder.ApiKey);
        var seen = await StateAsync(http);
        foreach (var canary in (string[])[member, project, invited, victim.Name, victim.Id.ToString()]) Assert.DoesNotContain(canary, seen, StringComparison.Ordinal);
        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/members/{member}", new { role = "admin" }), HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"/api/v1/members/{member}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"/api/v1/invitations/{invited}")).StatusCode);
        await AnswerAsync(http.PutAsync($"/api/v1/projects/{project}", null), HttpStatusCode.Created);
        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/invitations/{invited}", new { role = "admin" }), HttpStatusCode.Created);
        await AnswerAsync(http.PutAsJsonAsync("/api/v1/organisation", new { name = "Taken" }));

        Assert.Equal(before, await StateAsync(owner));
    }

    private static async Task<string> StateAsync(HttpClient http)
    {
        List<string> answers = [];
        foreach (var address in (string[])["organisation", "projects", "members", "invitations"]) answers.Add((await AnswerAsync(http.GetAsync($"/api/v1/{address}"))).GetRawText());
        return string.Join('\n', answers);
    }

    private async Task<string> PageAsync(string path)
    {
        using var http = installation.Server.Process.Client(null);
        return await http.GetStringAsync(path);
    }

    private static IEnumerable<string> Words(JsonElement answer, string list, string name) => answer.GetProperty(list).EnumerateArray().Select(one => one.GetProperty(name).GetString()!);

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.StatusCode}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
