using FinOps.Testing;

namespace FinOps.Integration.Tests.Wire;

/// <summary>A tenant of a test's own with a way in and a way out.</summary>
internal sealed class Sent : IAsyncDisposable
{
    private Sent(ServerProcess server, TestTenant tenant)
    {
        Tenant = tenant;
        Sender = new OtlpSender(server, tenant.IngestKey);
        Api = new SpendApi(server, tenant.ApiKey);
    }

    public TestTenant Tenant { get; }

    public OtlpSender Sender { get; }

    public SpendApi Api { get; }

    public static Task<Sent> NewAsync(Installation installation) => NewAsync(installation.Server);

    public static async Task<Sent> NewAsync(ServerUnderTest server) => new(server.Process, await server.Tenants.NewTenantAsync());

    public ValueTask DisposeAsync()
    {
        Sender.Dispose();
        Api.Dispose();
        return ValueTask.CompletedTask;
    }
}
