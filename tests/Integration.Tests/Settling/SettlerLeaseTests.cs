using FinOps.Analytics.Settlement;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using Npgsql;

namespace FinOps.Integration.Tests.Settling;

/// <summary>One process settles at a time; when its connection to PostgreSQL dies, another one takes over.</summary>
[Collection(DisturbedCollection.Name)]
public sealed class SettlerLeaseTests(Installation installation, DisturbedServer disturbed)
{
    /// <summary>Ends the connection that holds the settler's lock in this database.</summary>
    private const string EndLease =
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = 5073707742677652325 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    [Fact]
    public async Task Lease_OfADeadConnection_GoesToTheOther_AndComesBackOnlyWhenThatLetsGo()
    {
        var (address, _) = await installation.Engines.NewDatabasesAsync();
        await using var ownSource = NpgsqlDataSource.Create(address);
        await using var otherSource = NpgsqlDataSource.Create(address);
        await using var own = new PostgresSettlerLease(ownSource);
        await using var other = new PostgresSettlerLease(otherSource);
        var token = TestContext.Current.CancellationToken;
        Assert.True(await own.HoldAsync(token));
        Assert.True(await own.HoldAsync(token));
        Assert.False(await other.HoldAsync(token));

        await using (var end = otherSource.CreateCommand(EndLease))
            await end.ExecuteNonQueryAsync(token);
        await UntilAsync(() => other.HoldAsync(token));

        // The first one notices at its next question, and then waits for its turn like any other.
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => own.HoldAsync(token));
        Assert.False(await own.HoldAsync(token));
        Assert.True(await other.HoldAsync(token));

        await other.DisposeAsync();
        Assert.True(await own.HoldAsync(token));
    }

    [Fact]
    public async Task Settling_OfTwoProcesses_GoesOnWhenTheConnectionOfTheLeaseDies()
    {
        var server = disturbed.Server;
        await using var jobs = server.WithRole("jobs", installation.NewFolder());
        await jobs.StartReadyAsync();
        await using var sent = await Sent.NewAsync(server);
        var trace = new TraceBuilder();
        var route = trace.Route("/checkout", ("feature", "checkout"));
        var usage = new Tokens(100, 10);
        await sent.Sender.AcceptAsync(trace.Call(usage, route));
        await sent.Api.TotalBecomesAsync(Spend.Of(usage));

        await using (var source = NpgsqlDataSource.Create(server.Postgres))
        await using (var end = source.CreateCommand(EndLease))
            Assert.Equal(true, await end.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        await sent.Sender.AcceptAsync(route);

        await SpendApi.BecomesAsync(async () => (await sent.Api.RowsAsync("feature")).Single().Key, "checkout", TimeSpan.FromSeconds(30));
        await sent.Api.TotalBecomesAsync(Spend.Of(usage));
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "The lease of a dead connection was never given away.");
            await Task.Delay(50);
        }
    }
}
