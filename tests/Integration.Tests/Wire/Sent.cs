using System.Net.Http.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Wire;

/// <summary>A tenant of a test's own with a way in and a way out.</summary>
internal sealed class Sent : IAsyncDisposable
{
    private readonly ServerProcess _server;

    private Sent(ServerProcess server, TestTenant tenant)
    {
        _server = server;
        Tenant = tenant;
        Sender = new OtlpSender(server, tenant.IngestKey);
        Api = new SpendApi(server, tenant.ApiKey);
    }

    public TestTenant Tenant { get; }

    public OtlpSender Sender { get; }

    public SpendApi Api { get; }

    public static Task<Sent> NewAsync(Installation installation) => NewAsync(installation.Server);

    public static async Task<Sent> NewAsync(ServerUnderTest server) => new(server.Process, await server.Tenants.NewTenantAsync());

    /// <summary>The tenant's project opts in to samples of all its traces, and the door knows.</summary>
    public async Task KeepSamplesAsync(decimal percent = 100)
    {
        using var http = _server.Client(Tenant.ApiKey);
        using var response = await http.PutAsJsonAsync($"/api/v1/sampling/{Tenant.Project}", new { percent });
        Assert.Equal(System.Net.HttpStatusCode.OK, response.StatusCode);
        // In force within SampleOptions.RefreshSeconds (3), and what the look takes on a busy machine.
        await Task.Delay(TimeSpan.FromSeconds(8));
    }

    public ValueTask DisposeAsync()
    {
        Sender.Dispose();
        Api.Dispose();
        return ValueTask.CompletedTask;
    }
}
