using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Ingest.Tests.Pipeline;

public sealed class ClickHouseMigratorTests(ClickHouseFixture engine)
{
    private static ClickHouseMigrator Migrator(ClickHouseStore store) => new(store, NullLogger<ClickHouseMigrator>.Instance);

    [Fact]
    public async Task MigrateAsync_SecondTime_AppliesNothing()
    {
        using var store = await engine.CreateStoreAsync();
        Assert.Equal(0, await Migrator(store).MigrateAsync(null, CancellationToken.None));
        Assert.Null(await Migrator(store).FindProblemAsync(CancellationToken.None));
    }

    [Fact]
    public async Task MigrateAsync_FromTwoReplicasAtOnce_EndsWithOneWholeSchema()
    {
        var address = new ClickHouseConnectionStringBuilder((await engine.CreateDatabaseAsync()).ConnectionString);
        address.Database = engine.NewName();
        using var store = ClickHouseFixture.Open(address);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Migrator(store).MigrateAsync(null, CancellationToken.None)));
        Assert.Null(await Migrator(store).FindProblemAsync(CancellationToken.None));
        var applied = await store.ReadAsync("SELECT count() FROM schema_migrations FINAL");
        Assert.True((ulong)applied[0][0]! >= 4);
    }

    [Fact]
    public async Task MigrateAsync_AFileThatBrokeOffHalfway_IsRunAgain()
    {
        using var store = await engine.CreateStoreAsync();
        await store.ReadAsync("DELETE FROM schema_migrations WHERE number = 3");
        await store.ReadAsync("DROP TABLE roll_up_people");
        Assert.NotNull(await Migrator(store).FindProblemAsync(CancellationToken.None));

        Assert.Equal(1, await Migrator(store).MigrateAsync(null, CancellationToken.None));

        Assert.Equal(0, await store.CountAsync("roll_up_people"));
    }

    [Fact]
    public async Task FindProblemAsync_ClickHouseAway_TellsSo()
    {
        await using var door = Door.Before(await engine.CreateDatabaseAsync());
        await door.ShutAsync();
        using var store = ClickHouseFixture.Open(door.Address);
        Assert.NotNull(await store.FindProblemAsync(CancellationToken.None));
        Assert.NotNull(await Migrator(store).FindProblemAsync(CancellationToken.None));
    }
}
