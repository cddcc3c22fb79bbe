using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Settlement;

public sealed class RebuildCellsTests(ClickHouseFixture engine)
{
    private const string Figures =
        "toString(sum(cost)), toString(sum(calls)), toString(sum(unpriced_calls)), toString(sum(failed_calls)), toString(sum(input_tokens)), toString(sum(output_tokens))";

    [Fact]
    public async Task Run_RollsUpWhatStandsInTheRows_DuplicatesAndFailuresApart()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        var (duplicate, failed, unpriced) = (arrivals.Call(1, 2), arrivals.Call(1, 3, input: 0, output: 0), arrivals.Call(1, 4, input: 7));
        duplicate.Role = CallRole.Duplicate;
        (failed.Status, failed.UsageSource, failed.Cost) = (CallStatus.Failed, UsageSource.Missing, 0);
        (unpriced.Flags, unpriced.Cost) = (CallFlags.Unpriced, 0);
        var elsewhere = arrivals.Call(1, 5, input: 1000);
        elsewhere.StartUnixMicros += 90 * Arrivals.Minute;
        await arrivals.SendAsync(arrivals.Call(1, 1), duplicate, failed, unpriced, elsewhere);
        await RebuildAsync(arrivals);

        const string Expected = "0.00000000112 3 1 1 1107 30";
        Assert.Equal(Expected, await AskAsync(arrivals, "roll_up_spend"));
        Assert.Equal(Expected, await AskAsync(arrivals, "roll_up_people"));
        Assert.Empty(await PendingAsync(arrivals));
    }

    /// <summary>Pitfall 34. The two calls of the first trace were kept or dropped together: 10 · 9 · 2².</summary>
    [Fact]
    public async Task Run_RollsUpWhatSamplingLeftOut()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        var (first, second, exact, failed) = (arrivals.Call(1, 1), arrivals.Call(1, 2), arrivals.Call(2, 3), arrivals.Call(3, 4));
        foreach (var call in new[] { first, second, exact, failed }) call.Cost = 1;
        (first.SamplingWeight, second.SamplingWeight, failed.SamplingWeight) = (10, 10, 3);
        failed.Status = CallStatus.Failed;
        await arrivals.SendAsync(first, second, exact, failed);
        await RebuildAsync(arrivals);

        foreach (var table in new[] { "roll_up_spend", "roll_up_people" })
            Assert.Equal("4 3 2 18 20 366", await ScalarAsync(arrivals.Store, $"SELECT concat(toString(sum(cost)), ' ', toString(sum(calls)), ' ', toString(sum(sampled_calls)), ' ', toString(sum(left_out_calls)), ' ', toString(sum(left_out_cost)), ' ', toString(sum(left_out_variance))) FROM {table}"));
    }

    [Fact]
    public async Task Run_AfterALateRow_PublishesANewGeneration_AndTheOldOneIsRemoved()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 1));
        await RebuildAsync(arrivals);
        await arrivals.SendAsync(arrivals.Call(1, 2));
        Assert.Single(await PendingAsync(arrivals));
        await RebuildAsync(arrivals);
        Assert.Empty(await PendingAsync(arrivals));
        Assert.StartsWith("0.00000000022 2 ", await AskAsync(arrivals, "roll_up_spend"), StringComparison.Ordinal);

        Assert.Equal("2", await ScalarAsync(arrivals.Store, "SELECT count() FROM roll_up_spend"));
        await arrivals.Store.ExecuteAsync(new RemoveOldSpend(0, 100), TestContext.Current.CancellationToken);
        await arrivals.Store.ExecuteAsync(new RemoveOldPeople(0, 100), TestContext.Current.CancellationToken);
        await arrivals.Store.ExecuteAsync(new RemoveOldPublished(0, 100), TestContext.Current.CancellationToken);
        foreach (var table in new[] { "roll_up_spend", "roll_up_people", "roll_up_cells" })
            Assert.Equal("1", await ScalarAsync(arrivals.Store, $"SELECT count() FROM {table}"));
        Assert.StartsWith("0.00000000022 2 ", await AskAsync(arrivals, "roll_up_spend"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_AfterACrashBetweenWritingAndPublishing_CountsNothingTwice()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 1));
        var cells = await PendingAsync(arrivals);
        await arrivals.Store.ExecuteAsync(new RebuildCellsSpend(arrivals.Tenant, [cells[0].Cell], 17), TestContext.Current.CancellationToken);
        Assert.Single(await PendingAsync(arrivals));
        await RebuildAsync(arrivals);
        Assert.StartsWith("0.00000000011 1 ", await AskAsync(arrivals, "roll_up_spend"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfOneTenant_LeavesTheOthersCellsAlone()
    {
        var store = await engine.CreateStoreAsync();
        using var arrivals = new Arrivals(store);
        using var others = new Arrivals(store);
        await arrivals.SendAsync(arrivals.Call(1, 1));
        await others.SendAsync(others.Call(1, 1));
        await RebuildAsync(arrivals);
        Assert.Empty(await PendingAsync(arrivals));
        Assert.Single(await PendingAsync(others));
        var waiting = Assert.Single(await store.QueryAsync(new RebuildCellsTenants(0, 600), TestContext.Current.CancellationToken));
        Assert.Equal(others.Tenant, waiting);
        Assert.Equal(waiting, Assert.Single(await store.QueryAsync(new RebuildAllTenants(0), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Run_SumsUpDaysThatAreOver_AndAgainAfterALateRow()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        var (nextDay, today) = (arrivals.Call(1, 2), arrivals.Call(1, 3));
        nextDay.StartUnixMicros += 24 * 60 * Arrivals.Minute;
        // Of a day that is not over before the test is.
        today.StartUnixMicros = TimeProvider.System.GetUtcNow().AddMinutes(10).ToUnixTimeMilliseconds() * 1_000;
        await arrivals.SendAsync(arrivals.Call(1, 1), nextDay, today);
        await RebuildAsync(arrivals);
        await RebuildAsync(arrivals);
        const string Days = "SELECT toString(groupArray((toDate(day), changes))) FROM (SELECT day, argMax(changes, generation) AS changes FROM roll_up_days GROUP BY day ORDER BY day)";

        Assert.Equal("[('2026-06-01',1),('2026-06-02',1)]", await ScalarAsync(arrivals.Store, Days));
        Assert.Equal("2", await ScalarAsync(arrivals.Store, "SELECT count() FROM roll_up_people_days"));
        await arrivals.SendAsync(arrivals.Call(1, 4));
        await RebuildAsync(arrivals);
        Assert.Equal("[('2026-06-01',2),('2026-06-02',1)]", await ScalarAsync(arrivals.Store, Days));
        Assert.Equal("3", await ScalarAsync(arrivals.Store, "SELECT count() FROM roll_up_spend_hours"));

        foreach (var statement in DayTable.Names.Select(IClickHouseStatement (table) => new RemoveOldDays(table, 0, 100)).Append(new RemoveOldPublishedDays(0, 100)))
            await arrivals.Store.ExecuteAsync(statement, TestContext.Current.CancellationToken);
        foreach (var table in DayTable.Names.Append("roll_up_days"))
            Assert.Equal("2", await ScalarAsync(arrivals.Store, $"SELECT count() FROM {table}"));
        foreach (var table in DayTable.Names) Assert.Equal("3", await ScalarAsync(arrivals.Store, $"SELECT sum(calls) FROM {table}"));
    }

    [Fact]
    public async Task AllTenants_WithARolledUpDayThatWasNeverSummedUp_AreFound()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 1));
        var cell = Assert.Single(await PendingAsync(arrivals));
        await arrivals.Store.ExecuteAsync(new RebuildCellsSpend(arrivals.Tenant, [cell.Cell], 17), TestContext.Current.CancellationToken);
        await arrivals.Store.ExecuteAsync(new RebuildCellsPublish(arrivals.Tenant, [cell.Cell], [cell.Changes], 17), TestContext.Current.CancellationToken);

        Assert.Empty(await arrivals.Store.QueryAsync(new RebuildCellsTenants(0, 600), TestContext.Current.CancellationToken));
        Assert.Single(await arrivals.Store.QueryAsync(new RebuildAllTenants(0), TestContext.Current.CancellationToken));
        await RebuildAsync(arrivals);
        Assert.Empty(await arrivals.Store.QueryAsync(new RebuildAllTenants(0), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Pending_CellsWrittenToAMomentAgo_Wait()
    {
        using var arrivals = new Arrivals(await engine.CreateStoreAsync());
        await arrivals.SendAsync(arrivals.Call(1, 1));
        Assert.Empty(await arrivals.Store.QueryAsync(new RebuildCellsPending(arrivals.Tenant, 20, 10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Batches_AreBoundedByCellsAndByWrites()
    {
        var limits = new RollUpOptions { MaxCellsPerBatch = 3, MaxChangesPerBatch = 10 };
        List<CellToRebuild> cells = [new(1, 1, 0), new(2, 1, 0), new(3, 1, 0), new(4, 1, 0), new(5, 50, 0), new(6, 9, 0), new(7, 2, 0)];
        Assert.Equal([3, 1, 1, 1, 1], RebuildCells.Batches(cells, limits).Select(batch => batch.Count));
    }

    private static Task RebuildAsync(Arrivals arrivals)
    {
        var options = Options.Create(new RollUpOptions { QuietSeconds = 0 });
        return new RebuildCells(arrivals.Store, TimeProvider.System, options, NullLogger<RebuildCells>.Instance)
            .RunAsync(arrivals.Tenant.Value, TestContext.Current.CancellationToken);
    }

    private static Task<List<CellToRebuild>> PendingAsync(Arrivals arrivals) =>
        arrivals.Store.QueryAsync(new RebuildCellsPending(arrivals.Tenant, 0, 100), TestContext.Current.CancellationToken);

    private static Task<string> AskAsync(Arrivals arrivals, string table) => ScalarAsync(arrivals.Store,
        $"""
        SELECT concatWithSeparator(' ', {Figures})
        FROM {table}
        WHERE tenant_id = '{arrivals.Tenant}'
          AND (cell, generation) IN (SELECT cell, max(generation) FROM roll_up_cells WHERE tenant_id = '{arrivals.Tenant}' GROUP BY cell)
        """);

    private static async Task<string> ScalarAsync(ClickHouseStore store, string sql)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture) ?? "";
    }
}
