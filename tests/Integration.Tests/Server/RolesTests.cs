using System.Net;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

public sealed class RolesTests(Installation installation)
{
    [Fact]
    public async Task Migrate_EmptyDatabases_EndsWithZeroAndLetsOtherRolesBecomeReady()
    {
        await using var migrate = await installation.NewEmptyServerAsync("--role", "migrate");
        migrate.Process.Start();
        Assert.Equal(0, await migrate.Process.WaitForExitAsync());

        await using var web = migrate.WithRole("web", installation.NewFolder());
        await using var ingest = migrate.WithRole("ingest", installation.NewFolder());
        await web.StartReadyAsync();
        await ingest.StartReadyAsync();

        Assert.True(await Listens(ingest.OtlpHttpPort));
        Assert.False(await Listens(web.OtlpHttpPort));
        using var client = ingest.Client();
        using var page = await client.GetAsync("/sign-in");
        Assert.NotEqual(HttpStatusCode.OK, page.StatusCode);
    }

    private static async Task<bool> Listens(int port)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
