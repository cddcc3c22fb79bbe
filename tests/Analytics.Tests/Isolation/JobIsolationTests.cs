using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Isolation;

public sealed class JobIsolationTests(ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RebuildCells_ForOneTenant_ReadsAndWritesNothingOfAnother()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var start = new DateTimeOffset(2026, 11, 3, 10, 0, 0, TimeSpan.Zero);
        await StoredCalls.InsertAsync(store, [new StoredCall(mine, start) { Feature = "mine", Cost = 1 }, new StoredCall(theirs, start) { Feature = "theirs", Cost = 2 }]);
        var options = Options.Create(new RollUpOptions { QuietSeconds = 0 });

        await new RebuildCells(store, TimeProvider.System, options, NullLogger<RebuildCells>.Instance).RunAsync(mine.Value, Token);

        foreach (var table in ClickHouseWalls.TenantTables.Where(table => table.StartsWith("roll_up_", StringComparison.Ordinal)))
        {
            using var connection = store.CreateConnection();
            using var command = connection.CreateCommand($"SELECT count() FROM {table} WHERE tenant_id = '{theirs}'");
            Assert.Equal(0UL, await command.ExecuteScalarAsync(Token));
        }

        var range = new TimeRange(start.AddDays(-1), start.AddDays(1));
        var rows = (await new SpendReader(store).AskAsync(new SpendQuestion(ReadScope.Whole(mine), range) { GroupBy = [Dimension.Feature] }, Token)).Rows;
        Assert.Equal(["mine"], rows.Select(row => row.Group[0]));
    }

    /// <summary>A job that names another tenant's cells, or forgets to name a tenant, finds nothing there.</summary>
    [Fact]
    public async Task Statements_OfAJob_PassTheWallOnlyWhereTheySaySo()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var start = new DateTimeOffset(2026, 11, 3, 10, 0, 0, TimeSpan.Zero);
        await StoredCalls.InsertAsync(store, [new StoredCall(theirs, start) { Feature = "theirs", Cost = 2 }]);

        await store.ExecuteAsync(new RebuildCellsSpend(mine, [(uint)start.ToUnixTimeSeconds()], 1), Token);

        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand("SELECT count() FROM roll_up_spend");
        Assert.Equal(0UL, await command.ExecuteScalarAsync(Token));
        Assert.Equal([theirs], await store.QueryAsync(new RebuildAllTenants(0), Token));
        // The same question without the leave to look at all tenants.
        Assert.Empty(await store.QueryAsync(new ForgottenTenant(null), Token));
    }
}
