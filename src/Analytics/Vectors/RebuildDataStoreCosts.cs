using System.Diagnostics.Metrics;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Vectors;

/// <summary>
/// Rates the quarter hours of one tenant that are over and that got samples of vector databases or buckets, operations, calls or another price since: reads what was told, measures, rates,
/// allocates, writes under a new generation and publishes that. A job of Hangfire, made as <c>RebuildDeviceCosts</c> is: the outcome is a function of what is stored, whatever interrupts it
/// leaves rows that nobody reads, and two runs at once build the same twice.
/// </summary>
public sealed partial class RebuildDataStoreCosts(
    ClickHouseStore store, DataStorePrices prices, Retentions retentions, TimeProvider clock, IOptions<VectorOptions> options, ILogger<RebuildDataStoreCosts> logger)
{
    private static readonly Meter Meter = new("FinOps.Analytics.Vectors");
    private static readonly Counter<long> Rated = Meter.CreateCounter<long>("finops.vectors.quarter_hours", description: "Quarter hours of vector databases and buckets that were rated");
    private static readonly Counter<long> Unpriced = Meter.CreateCounter<long>("finops.vectors.unpriced_quantities", description: "Measured quantities of a quarter hour without a price");

    public async Task RunAsync(Guid tenant, CancellationToken cancellationToken)
    {
        var (id, limits) = (new TenantId(tenant), options.Value);
        var book = await prices.SnapshotAsync(id, cancellationToken);
        var (now, kept) = (clock.GetUtcNow(), (await retentions.FindAsync(id, cancellationToken)).Days);
        // Of what came before, readings or operations may be gone: what was built from them stands. A day more, for the quarter hour that reaches back.
        var from = new[] { kept.CutOff(RetentionClass.ResourceSamples, now), kept.CutOff(RetentionClass.Calls, now) }.Max().AddDays(1);
        // The counts are read before the rows: what comes in between makes the quarter hour pending again.
        var pending = await store.QueryAsync(new RebuildDataStoreCellsPending(id, from, DeviceTime.CellOf(now), (uint)limits.QuietSeconds, book.Version, (uint)limits.MaxCellsPerRun), cancellationToken);
        foreach (var batch in CellBatches.Of(pending, cell => cell.Changes, limits.MaxCellsPerBatch, limits.MaxChangesPerBatch)) await RebuildAsync(id, batch, book, cancellationToken);
        if (pending.Count > 0) LogRated(logger, id, pending.Count);
    }

    private async Task RebuildAsync(TenantId tenant, List<DataStoreCellToRebuild> batch, DataStorePriceBook book, CancellationToken cancellationToken)
    {
        uint[] cells = [.. batch.Select(cell => cell.Cell)];
        var readings = DataStoreRows.ToReadings(await store.QueryAsync(new RebuildDataStoreReadings(tenant, cells), cancellationToken));
        var operations = (await store.QueryAsync(new RebuildDataStoreOperations(tenant, cells), cancellationToken)).ToLookup(row => row.Cell);
        var (meters, costs, sizes, published) = (new DataStoreMeterBlock(), new DataStoreCostBlock(), new DataStoreSizeBlock(), new DataStoreCellsBlock());
        var generation = Math.Max((ulong)((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond), batch.Max(cell => cell.Generation) + 1);
        foreach (var pending in batch)
        {
            var cell = DateTimeOffset.FromUnixTimeSeconds(pending.Cell);
            var key = new DeviceCellKey(tenant, cell, generation);
            var (told, asked) = DataStoreRows.Bound(DataStoreRows.Around(readings, cell), DataStoreRows.ToCalls(operations[pending.Cell]), options.Value);
            var stores = DataStoreRating.WithOperations(DataStoreTime.Measure(told, cell), asked);
            var metered = DataStoreRating.Rate(stores, asked, book, cell);
            foreach (var cost in metered) meters.Append(key, cost);
            // Of a collection on several nodes operations are counted once.
            var counted = new HashSet<(string System, string Name)>();
            foreach (var one in stores)
            {
                foreach (var part in one.Parts)
                {
                    var calls = one.Kind == DataStoreKind.VectorDatabase && counted.Add((one.System, part.Name)) ? asked.FindAll(call => call.System == one.System && call.Collection == part.Name) : [];
                    sizes.Append(key, one, part, calls.Sum(call => call.Reads), calls.Sum(call => call.Writes), calls.Sum(call => call.Failed));
                }

                foreach (var line in DataStoreAllocation.Split(one, metered, asked)) costs.Append(key, line);
            }

            Unpriced.Add(metered.Count(cost => cost.IsUnpriced));
            published.Append(key, pending.Changes, pending.Calls, book.Version);
        }

        foreach (var block in (NativeBlock[])[meters, costs, sizes, published])
        {
            if (block.Rows == 0) continue;
            var result = await store.InsertAsync(block, cancellationToken);
            if (!result.IsStored) throw new IOException($"ClickHouse did not take rows for {block.Table}: {result.Message}");
        }

        Rated.Add(batch.Count);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: {Cells} quarter hours of vector databases and buckets rated")]
    private static partial void LogRated(ILogger logger, TenantId tenant, int cells);
}

/// <summary>Every minute: whatever tenant has samples of vector databases or buckets, or operations.</summary>
public sealed class RebuildAllDataStoreCosts(ClickHouseStore store, RebuildDataStoreCosts rebuild)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in await store.QueryAsync(new RebuildDataStoreTenants(), cancellationToken)) await rebuild.RunAsync(tenant.Value, cancellationToken);
    }
}

/// <summary>Removes rows that were replaced some minutes ago, and what a crash left behind.</summary>
public sealed class RemoveOldDataStoreCosts(ClickHouseStore store)
{
    /// <summary>For questions that are still reading what was replaced.</summary>
    private const int KeepMinutes = 10;

    /// <summary>Quarter hours cleared at once.</summary>
    private const int MaxCells = 20_000;

    private static readonly string[] Tables = ["data_store_meters", "data_store_costs", "data_store_sizes", "data_store_cells"];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var table in Tables) await store.ExecuteAsync(new RemoveOldDataStoreRows(table, KeepMinutes, MaxCells), cancellationToken);
    }
}
