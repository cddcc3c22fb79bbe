using System.Diagnostics.Metrics;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Gpus;

/// <summary>
/// Rates the quarter hours of one tenant that are over and that got samples, calls or another price since: reads what was told, measures, allocates, writes under a new generation and
/// publishes that. A job of Hangfire. The outcome is a function of what is stored; whatever interrupts it leaves rows that nobody reads, and two runs at once build the same twice.
/// </summary>
public sealed partial class RebuildDeviceCosts(
    ClickHouseStore store, ResourcePrices prices, Retentions retentions, TimeProvider clock, IOptions<GpuOptions> options, ILogger<RebuildDeviceCosts> logger)
{
    private static readonly Meter Meter = new("FinOps.Analytics.Gpus");
    private static readonly Counter<long> Rated = Meter.CreateCounter<long>("finops.gpus.quarter_hours", description: "Quarter hours of GPUs that were rated");
    private static readonly Counter<long> Unpriced = Meter.CreateCounter<long>("finops.gpus.unpriced_intervals", description: "Quarter hours of devices without a price");
    private static readonly Counter<long> Merged = Meter.CreateCounter<long>("finops.gpus.owners_merged", description: "Owners of a model's quarter hour beyond the limit, put together as (other)");

    public async Task RunAsync(Guid tenant, CancellationToken cancellationToken)
    {
        var (id, limits) = (new TenantId(tenant), options.Value);
        var book = await prices.SnapshotAsync(id, cancellationToken);
        var (now, kept) = (clock.GetUtcNow(), (await retentions.FindAsync(id, cancellationToken)).Days);
        // Of what came before, readings or calls may be gone: what was built from them stands. A day more, for the quarter hour that reaches back.
        var from = new[] { kept.CutOff(RetentionClass.ResourceSamples, now), kept.CutOff(RetentionClass.Calls, now) }.Max().AddDays(1);
        // The counts are read before the rows: what comes in between makes the quarter hour pending again.
        var pending = await store.QueryAsync(new RebuildDeviceCellsPending(id, from, DeviceTime.CellOf(now), (uint)limits.QuietSeconds, book.Version, (uint)limits.MaxCellsPerRun), cancellationToken);
        foreach (var batch in CellBatches.Of(pending, cell => cell.Samples, limits.MaxCellsPerBatch, limits.MaxSamplesPerBatch)) await RebuildAsync(id, batch, book, cancellationToken);
        if (pending.Count > 0) LogRated(logger, id, pending.Count);
    }

    private async Task RebuildAsync(TenantId tenant, List<DeviceCellToRebuild> batch, AcceleratorPrices book, CancellationToken cancellationToken)
    {
        uint[] cells = [.. batch.Select(cell => cell.Cell)];
        var devices = DeviceRows.ToDevices(await store.QueryAsync(new RebuildDeviceReadings(tenant, cells), cancellationToken));
        var served = await store.QueryAsync(new RebuildDeviceCounters(tenant, cells), cancellationToken);
        var models = served.Select(row => row.Model).Distinct(StringComparer.Ordinal).ToArray();
        var calls = (models.Length == 0 ? [] : await store.QueryAsync(new RebuildDeviceCalls(tenant, cells, models), cancellationToken)).ToLookup(row => row.Cell, row => row.Calls);
        var (intervals, costs, told, published) = (new DeviceIntervalBlock(), new DeviceCostBlock(), new DeviceModelBlock(), new DeviceCellsBlock());
        var generation = Math.Max((ulong)((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond), batch.Max(cell => cell.Generation) + 1);
        foreach (var pending in batch)
        {
            var cell = DateTimeOffset.FromUnixTimeSeconds(pending.Cell);
            var key = new DeviceCellKey(tenant, cell, generation);
            var inCell = DeviceRows.ServedIn(served, cell);
            var owners = BoundOwners([.. calls[pending.Cell]]);
            foreach (var model in inCell) told.Append(key, model);
            foreach (var interval in DeviceTime.Measure(DeviceRows.Around(devices, cell), cell))
            {
                var price = book.Find(interval.Host, interval.Accelerator, cell);
                var money = price is null ? 0 : DeviceAllocation.MoneyOf(interval, price);
                intervals.Append(key, interval, price, money);
                if (price is null) Unpriced.Add(1);
                else foreach (var line in DeviceAllocation.Split(interval, money, inCell, owners)) costs.Append(key, interval.Slice, line);
            }

            published.Append(key, pending.Samples, pending.Calls, book.Version);
        }

        foreach (var block in (NativeBlock[])[intervals, costs, told, published])
        {
            if (block.Rows == 0) continue;
            var result = await store.InsertAsync(block, cancellationToken);
            if (!result.IsStored) throw new IOException($"ClickHouse did not take rows for {block.Table}: {result.Message}");
        }

        Rated.Add(batch.Count);
    }

    /// <summary>The owners with the most tokens stay apart; the rest of a model is one.</summary>
    private List<ModelCalls> BoundOwners(List<ModelCalls> calls)
    {
        var (most, bounded) = (options.Value.MaxOwnersPerModel, new List<ModelCalls>(calls.Count));
        foreach (var model in calls.GroupBy(call => call.Model))
        {
            var owners = model.OrderByDescending(call => call.InputTokens + call.OutputTokens).ThenBy(call => (call.Feature, call.Team, call.Customer)).ToList();
            bounded.AddRange(owners.Take(most));
            if (owners.Count <= most) continue;
            var rest = owners[most..];
            Merged.Add(rest.Count);
            bounded.Add(new ModelCalls(model.Key, "(other)", "(other)", "(other)", rest.Sum(c => c.InputTokens), rest.Sum(c => c.OutputTokens), rest.Sum(c => c.CallSeconds), rest.Sum(c => c.FailedSeconds)));
        }

        return bounded;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: {Cells} quarter hours of GPUs rated")]
    private static partial void LogRated(ILogger logger, TenantId tenant, int cells);
}

/// <summary>Every minute: whatever tenant has samples of GPUs or inference servers; then, what was replaced some minutes ago goes.</summary>
public sealed class RebuildAllDeviceCosts(ClickHouseStore store, RebuildDeviceCosts rebuild)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in await store.QueryAsync(new RebuildDeviceTenants(), cancellationToken)) await rebuild.RunAsync(tenant.Value, cancellationToken);
    }
}

/// <summary>Removes rows that were replaced some minutes ago, and what a crash left behind.</summary>
public sealed class RemoveOldDeviceCosts(ClickHouseStore store)
{
    /// <summary>For questions that are still reading what was replaced.</summary>
    private const int KeepMinutes = 10;

    /// <summary>Quarter hours cleared at once.</summary>
    private const int MaxCells = 20_000;

    private static readonly string[] Tables = ["device_intervals", "device_costs", "device_models", "device_cells"];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var table in Tables) await store.ExecuteAsync(new RemoveOldDeviceRows(table, KeepMinutes, MaxCells), cancellationToken);
    }
}
