using FinOps.Analytics.Tenancy;
using FinOps.Testing;

namespace FinOps.EndToEnd.Tests;

/// <summary>Tests whose servers are not the demo's, and that mostly wait for them.</summary>
[CollectionDefinition(Name)]
public sealed class OwnServers : ICollectionFixture<LonelyServer>
{
    public const string Name = "Servers of their own";
}

/// <summary>A server whose stores tests take away: the demo's would be missed by others.</summary>
public sealed class LonelyServer(DemoInstallation demo) : IAsyncLifetime
{
    private OtherServer? _server;

    public ServerProcess Process => Started.Process;

    public TenantMaker Tenants => Started.Tenants;

    public TcpGate PostgresGate => Started.PostgresGate;

    public TcpGate ClickHouseGate => Started.ClickHouseGate;

    private OtherServer Started => _server ?? throw new InvalidOperationException("The server is not started: use it as a fixture of its collection.");

    public async ValueTask InitializeAsync() => _server = await demo.NewServerAsync([]);

    public async Task<(TestTenant Tenant, Account Account)> NewTenantAsync(TenantRole role)
    {
        var tenant = await Tenants.NewTenantAsync();
        return (tenant, new Account(await Tenants.NewMemberAsync(tenant.Id, role), TenantMaker.Password));
    }

    public Visit VisitOf(Account account) => new(account) { At = Process };

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
