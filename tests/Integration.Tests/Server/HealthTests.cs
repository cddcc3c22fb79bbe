using System.Net;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

public sealed class HealthTests(Installation installation)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Health_WithoutAnyKey_Answers(string path)
    {
        using var client = installation.Server.Process.Client();

        using var response = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Start_BothStoresAway_LivesUnreadyAndBecomesReadyByItself()
    {
        await using var server = await installation.NewEmptyServerAsync();
        await server.PostgresGate.ShutAsync();
        await server.ClickHouseGate.ShutAsync();
        server.Process.Start();
        await server.Process.WaitForAsync("/healthz", HttpStatusCode.OK, Patience);
        using var client = server.Process.Client();

        using var unready = await client.GetAsync("/readyz");
        var missing = await unready.Content.ReadAsStringAsync();
        server.PostgresGate.Open();
        server.ClickHouseGate.Open();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
        Assert.Contains("PostgreSQL", missing, StringComparison.Ordinal);
        Assert.Contains("ClickHouse", missing, StringComparison.Ordinal);
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.OK, Patience);
        var (signedIn, status) = await server.Process.SignInAsync(Installation.AdminEmail, Installation.AdminPassword);
        signedIn.Dispose();
        Assert.Equal(HttpStatusCode.Redirect, status);
    }
}
