using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

public sealed class BootstrapTests(Installation installation)
{
    [Fact]
    public async Task Bootstrap_KeysGivenVerbatim_AreFoundWithTheirKind()
    {
        var keys = installation.Server.Tenants.Keys;

        var ingest = await keys.FindAsync(AccessKeyToken.Hash(Installation.BootstrapIngestKey), CancellationToken.None);
        var api = await keys.FindAsync(AccessKeyToken.Hash(Installation.BootstrapApiKey), CancellationToken.None);

        Assert.Equal(KeyKind.Ingest, ingest?.Kind);
        Assert.Equal(KeyKind.Api, api?.Kind);
        Assert.Equal(ingest?.Tenant, api?.Tenant);
    }

    /// <summary>What the documentation's examples of figures ask for works with the key that the first start made; nothing else does.</summary>
    [Fact]
    public async Task Bootstrap_FirstApiKey_ReadsFiguresAndNothingElse()
    {
        using var http = installation.Server.Process.Client(Installation.BootstrapApiKey);

        foreach (var path in (string[])["costs", "calls", "unit-costs", "exports/focus", "resources/gpus", "resources/vectors"])
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(path));
        foreach (var path in (string[])["keys", "members", "audit", "samples", "organisation", "organisations", "bills", "prices"])
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(path));

        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using var answer = await http.GetAsync($"/api/v1/{path}");
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("FINOPS_HTTP_PORT", "eighty")]
    [InlineData("FINOPS_BIND", "everywhere")]
    [InlineData("FINOPS_BOOTSTRAP_INGEST_KEY", "too short")]
    [InlineData("FINOPS_BOOTSTRAP_ADMIN_PASSWORD", "short")]
    public void Start_BadValue_IsRefusedWithTheKeyThatIsWrong(string key, string value)
    {
        var (options, problems) = FinOps.Web.Roles.StartOptions.Read([], name => name == key ? value : null);

        Assert.Null(options);
        Assert.Contains(problems, problem => problem.Contains(key, StringComparison.Ordinal));
    }

    [Fact]
    public void Start_RoleWithoutItsStores_IsRefusedWithBothKeys()
    {
        var (options, problems) = FinOps.Web.Roles.StartOptions.Read(["--role", "ingest"], _ => null);

        Assert.Null(options);
        Assert.Contains(problems, problem => problem.StartsWith("FINOPS_POSTGRES ", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("FINOPS_CLICKHOUSE ", StringComparison.Ordinal));
    }
}
