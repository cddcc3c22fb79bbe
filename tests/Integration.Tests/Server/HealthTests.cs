using System.Net;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

public sealed class HealthTests(Installation installation)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
        await using var server = await installation.NewServerAsync();
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_OneStoreGoesAndComesBack_IsUnreadyMeanwhileAndReadyAgain(bool postgres)
    {
        await using var server = await installation.NewServerAsync();
        await server.Process.StartReadyAsync();
        var gate = postgres ? server.PostgresGate : server.ClickHouseGate;

        await gate.ShutAsync();
        await server.Process.WaitForAsync("/readyz", HttpStatusCode.ServiceUnavailable, Patience);
        await server.Process.WaitForAsync("/healthz", HttpStatusCode.OK, Patience);
        gate.Open();

        await server.Process.WaitForAsync("/readyz", HttpStatusCode.OK, Patience);
    }

    [Fact]
    public async Task Stop_OnSigterm_EndsWithinTenSecondsAndCleanly()
    {
        await using var server = await installation.NewServerAsync();
        await server.Process.StartReadyAsync();
        var began = TimeProvider.System.GetTimestamp();

        var exitCode = await server.Process.StopAsync();

        Assert.Equal(0, exitCode);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10));
        Assert.False(File.Exists(Path.Combine(server.Process.DataFolder, "finops.pid")));
    }
}
