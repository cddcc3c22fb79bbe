using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Spend;

/// <summary>
/// Step 7 of the path: rebuilds the cells of one tenant that were written to and have been quiet since, under a new generation, then publishes that; then the same
/// for each day that is over and whose cells are all rebuilt, from its cells. A job of Hangfire.
/// Whatever interrupts it leaves rows that nobody reads; two runs at once build the same twice, and the later generation counts.
/// </summary>
public sealed partial class RebuildCells(ClickHouseStore store, TimeProvider clock, IOptions<RollUpOptions> options, ILogger<RebuildCells> logger)
{
    public async Task RunAsync(Guid tenant, CancellationToken cancellationToken)
    {
        var limits = options.Value;
        var id = new TenantId(tenant);
        // The counts are read before the rows: a row that comes in between makes the cell pending again.
        var cells = await store.QueryAsync(
            new RebuildCellsPending(id, (uint)limits.QuietSeconds, (uint)limits.MaxCellsPerRun), cancellationToken);
        foreach (var batch in Batches(cells, limits)) await RebuildAsync(id, batch, cancellationToken);
        if (cells.Count > 0) LogRebuilt(logger, id, cells.Count);
        // A cell that is published between these two readings makes its day's count differ again: the day is then read by its cells.
        var days = await store.QueryAsync(new RebuildDaysPending(id, (uint)limits.MaxDaysPerRun), cancellationToken);
        foreach (var batch in Batches(days, limits)) await RebuildDaysAsync(id, batch, cancellationToken);
        if (days.Count > 0) LogDaysRebuilt(logger, id, days.Count);
    }

    private async Task RebuildAsync(TenantId tenant, List<CellToRebuild> batch, CancellationToken cancellationToken)
    {
        var generation = NextGeneration(batch);
        uint[] cells = [.. batch.Select(cell => cell.Cell)];
        var isSampled = batch.Exists(cell => cell.IsSampled);
        await store.ExecuteAsync(new RebuildCellsSpend(tenant, cells, generation, isSampled), cancellationToken);
        await store.ExecuteAsync(new RebuildCellsPeople(tenant, cells, generation, isSampled), cancellationToken);
        await store.ExecuteAsync(
            new RebuildCellsPublish(tenant, cells, [.. batch.Select(cell => cell.Changes)], generation), cancellationToken);
    }

    private async Task RebuildDaysAsync(TenantId tenant, List<CellToRebuild> batch, CancellationToken cancellationToken)
    {
        var generation = NextGeneration(batch);
        uint[] days = [.. batch.Select(day => day.Cell)];
        var isSampled = batch.Exists(day => day.IsSampled);
        await store.ExecuteAsync(new RebuildDaysSpend(tenant, days, generation, isSampled), cancellationToken);
        await store.ExecuteAsync(new RebuildDaysCustomers(tenant, days, generation, isSampled), cancellationToken);
        await store.ExecuteAsync(new RebuildDaysPeople(tenant, days, generation, isSampled), cancellationToken);
        foreach (var table in DayTable.All) await store.ExecuteAsync(new RebuildDaysWhole(table, tenant, days, generation, isSampled), cancellationToken);
        await store.ExecuteAsync(
            new RebuildDaysPublish(tenant, days, [.. batch.Select(day => day.Changes)], generation), cancellationToken);
    }

    private ulong NextGeneration(List<CellToRebuild> batch)
    {
        var now = (ulong)((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        // Also above what a faster clock has published.
        return Math.Max(now, batch.Max(cell => cell.Generation) + 1);
    }

    internal static IEnumerable<List<CellToRebuild>> Batches(List<CellToRebuild> cells, RollUpOptions limits) =>
        CellBatches.Of(cells, cell => cell.Changes, limits.MaxCellsPerBatch, limits.MaxChangesPerBatch);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: {Cells} cells rolled up")]
    private static partial void LogRebuilt(ILogger logger, TenantId tenant, int cells);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: {Days} days rolled up")]
    private static partial void LogDaysRebuilt(ILogger logger, TenantId tenant, int days);
}

/// <summary>The safety net behind <see cref="RollUpTrigger"/>: every minute, whatever tenant has cells or days to rebuild, however old.</summary>
public sealed class RebuildAllCells(ClickHouseStore store, RebuildCells rebuild, IOptions<RollUpOptions> options)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in await store.QueryAsync(new RebuildAllTenants((uint)options.Value.QuietSeconds), cancellationToken))
            await rebuild.RunAsync(tenant.Value, cancellationToken);
    }
}

/// <summary>Removes roll-ups that were replaced some minutes ago, and what a crash left behind.</summary>
public sealed class RemoveOldGenerations(ClickHouseStore store, IOptions<RollUpOptions> options)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (keep, limit) = ((uint)options.Value.KeepOldMinutes, (uint)options.Value.MaxRemoved);
        await store.ExecuteAsync(new RemoveOldSpend(keep, limit), cancellationToken);
        await store.ExecuteAsync(new RemoveOldPeople(keep, limit), cancellationToken);
        await store.ExecuteAsync(new RemoveOldPublished(keep, limit), cancellationToken);
        foreach (var table in DayTable.Names) await store.ExecuteAsync(new RemoveOldDays(table, keep, limit), cancellationToken);
        await store.ExecuteAsync(new RemoveOldPublishedDays(keep, limit), cancellationToken);
    }
}
