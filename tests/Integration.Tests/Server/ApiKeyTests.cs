using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

public sealed class ApiKeyTests(Installation installation)
{
    private const string Costs = "/api/v1/costs?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";

    [Fact]
    public async Task Api_WithApiKey_Answers()
    {
        var tenant = await installation.NewTenantAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(tenant.ApiKey));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Installation.BootstrapApiKey));
    }

    [Fact]
    public async Task Api_WithIngestKey_IsForbidden()
    {
        var tenant = await installation.NewTenantAsync();

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(tenant.IngestKey));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(Installation.BootstrapIngestKey));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("unknown-key-of-enough-characters")]
    [InlineData("short")]
    public async Task Api_WithoutKnownKey_IsUnauthorized(string? key) => Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(key));

    /// <summary>After every route that there is, and only for who has a key; of pages that there are not SecurityHeadersTests tells.</summary>
    [Fact]
    public async Task Api_PathThatThereIsNot_SaysWhereItIsDescribed()
    {
        using var client = installation.Server.Process.Client(Installation.BootstrapApiKey);

        using var response = await client.GetAsync("/api/v1/nope");
        using var costs = await client.GetAsync(Costs);
        using var withoutKey = installation.Server.Process.Client();
        using var refused = await withoutKey.GetAsync("/api/v1/nope");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("There is no /api/v1/nope.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, costs.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Api_WithRevokedKey_IsUnauthorized()
    {
        var tenant = await installation.NewTenantAsync();
        var keys = installation.Server.Tenants;
        var made = await keys.NewKeyAsync(tenant.Id, tenant.Project, KeyKind.Api);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(made.Token));

        Assert.True(await keys.Keys.RevokeAsync(tenant.Id, made.Id, TenantMaker.Author));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(made.Token));
    }

    [Fact]
    public async Task Revoke_KeyOfAnotherTenant_ChangesNothing()
    {
        var mine = await installation.NewTenantAsync();
        var theirs = await installation.NewTenantAsync();
        var keys = installation.Server.Tenants;
        var made = await keys.NewKeyAsync(theirs.Id, theirs.Project, KeyKind.Api);

        Assert.False(await keys.Keys.RevokeAsync(mine.Id, made.Id, TenantMaker.Author));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(made.Token));
    }

    [Fact]
    public async Task Api_WithExpiredKey_IsUnauthorized()
    {
        var tenant = await installation.NewTenantAsync();
        var made = await installation.Server.Tenants.NewKeyAsync(
            tenant.Id, tenant.Project, KeyKind.Api, expiresAt: TimeProvider.System.GetUtcNow().AddSeconds(2));

        await Wire.SpendApi.BecomesAsync(() => StatusAsync(made.Token), HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(KeyScopes.ReadCosts, "/api/v1/costs")]
    [InlineData(KeyScopes.ReadCalls, "/api/v1/calls")]
    [InlineData(KeyScopes.ReadAudit, "/api/v1/audit")]
    [InlineData(KeyScopes.ManageKeys, "/api/v1/keys")]
    [InlineData(KeyScopes.ManageOrganisation, "/api/v1/organisation")]
    [InlineData(KeyScopes.ManageMembers, "/api/v1/members")]
    [InlineData(KeyScopes.ReadQuotas, "/api/v1/quotas")]
    public async Task Api_WithAScope_AnswersThatAndRefusesTheRest(string scope, string path)
    {
        var tenant = await installation.NewTenantAsync();
        var made = await installation.Server.Tenants.Keys.CreateAsync(
            tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, "narrow") { Scopes = [scope] }, TenantMaker.Author);
        using var client = installation.Server.Process.Client(made.Token);

        foreach (var tried in (string[])["/api/v1/costs", "/api/v1/calls", "/api/v1/audit", "/api/v1/audit/verify", "/api/v1/keys", "/api/v1/organisation", "/api/v1/members", "/api/v1/organisations", "/api/v1/quotas"])
        {
            using var response = await client.GetAsync(tried);
            Assert.Equal((tried, tried == path || tried.StartsWith(path + "/", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.Forbidden), (tried, response.StatusCode));
            if (response.StatusCode == HttpStatusCode.Forbidden) Assert.Contains("has not the scope", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    private async Task<HttpStatusCode> StatusAsync(string? key)
    {
        using var client = installation.Server.Process.Client(key);
        using var response = await client.GetAsync(Costs);
        return response.StatusCode;
    }
}
