using System.Diagnostics.Metrics;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Retention;

/// <summary>
/// Removes what tenants keep no longer; a job of Hangfire, every hour. Calls go in two steps (docs/retention.md): first their cells are closed, so that the sums stand for
/// good; in a later run, when no rebuild can still be looking at them, the rows go. Whatever interrupts it, the next run finds what is left.
/// </summary>
public sealed partial class ApplyRetention(
    Retentions retentions, ClickHouseStore store, AuditTrail audit, TimeProvider clock, IOptions<RetentionOptions> options, ILogger<ApplyRetention> logger)
{
    /// <summary>Cells that are looked at before closing. Default 10,000: more than a quarter of a year that is not summed up.</summary>
    private const uint MaxPending = 10_000;

    private static readonly Meter Meter = new("FinOps.Analytics.Retention");
    private static readonly Counter<long> Removed = Meter.CreateCounter<long>("finops.retention.rows_removed", description: "Rows that tenants keep no longer, by table");
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private static readonly Actor Author = Actor.OfJob("retention");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var all = await retentions.AllInForceAsync(cancellationToken);
        foreach (var tenants in all.Chunk(options.Value.MaxTenantsPerStatement))
        {
            var removed = new Dictionary<TenantId, SortedDictionary<string, long>>();
            foreach (var table in RetainedTable.All) await RemoveAsync(table, tenants, removed, cancellationToken);
            foreach (var (tenant, rows) in removed)
            {
                var entry = new AuditEntry(Author, AuditActs.DataDeleted, tenant.ToString(), "retention") { After = rows, Why = "kept no longer" };
                await audit.RecordAsync(tenant, entry, cancellationToken);
            }
        }
    }

    private async Task RemoveAsync(
        RetainedTable table, IReadOnlyList<(TenantId Tenant, RetentionDays Days)> tenants, Dictionary<TenantId, SortedDictionary<string, long>> removed, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var cutOffs = tenants.Select(tenant => new CutOff(tenant.Tenant, (uint)tenant.Days.CutOff(table.Class, now).ToUnixTimeSeconds())).ToList();
        var expired = await store.QueryAsync(new ExpiredRows(table, cutOffs), cancellationToken);
        if (expired.Count == 0) return;
        var having = expired.Select(row => row.Tenant).ToHashSet();
        cutOffs.RemoveAll(cutOff => !having.Contains(cutOff.Tenant));
        if (table.Class == RetentionClass.Calls)
        {
            for (var i = 0; i < cutOffs.Count; i++) cutOffs[i] = cutOffs[i] with { Before = await CloseAsync(cutOffs[i], cancellationToken) };
            expired = await store.QueryAsync(new ExpiredRows(table, cutOffs), cancellationToken);
            if (expired.Count == 0) return;
        }

        await store.ExecuteAsync(new DeleteExpired(table, cutOffs), cancellationToken);
        await WaitAsync(table, cutOffs, cancellationToken);
        foreach (var (tenant, rows) in expired)
        {
            if (!removed.TryGetValue(tenant, out var tables)) removed[tenant] = tables = new SortedDictionary<string, long>(StringComparer.Ordinal);
            tables[table.Name] = rows;
            Removed.Add(rows, new KeyValuePair<string, object?>("table", table.Name));
        }
    }

    /// <summary>Closes the cells before the cut-off, as soon as all of them are summed up. Returns up to where rows may go by now.</summary>
    private async Task<uint> CloseAsync(CutOff cutOff, CancellationToken cancellationToken)
    {
        var closed = await ClosedAsync(cutOff.Tenant, cancellationToken);
        if (closed.Closed < cutOff.Before)
        {
            // The latest come first: where there are too many to see them all, the old ones may be among the rest.
            var pending = await store.QueryAsync(new RebuildCellsPending(cutOff.Tenant, QuietSeconds: 0, MaxPending), cancellationToken);
            if (pending.Count == MaxPending || pending.Exists(cell => cell.Cell < cutOff.Before))
            {
                LogPending(logger, cutOff.Tenant);
            }
            else
            {
                await store.ExecuteAsync(new CloseCells(cutOff.Tenant, cutOff.Before), cancellationToken);
                closed = await ClosedAsync(cutOff.Tenant, cancellationToken);
            }
        }

        return Math.Min(cutOff.Before, closed.Settled);
    }

    private async Task<ClosedCells> ClosedAsync(TenantId tenant, CancellationToken cancellationToken) =>
        (await store.QueryAsync(new ClosedUntil(tenant, (uint)options.Value.ClosedMinutes), cancellationToken))[0];

    /// <summary>Until the rows are gone, so that mutations never heap up; after a while the next run looks again.</summary>
    private async Task WaitAsync(RetainedTable table, List<CutOff> cutOffs, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while ((await store.QueryAsync(new ExpiredRows(table, cutOffs), cancellationToken)).Count > 0)
        {
            if (clock.GetElapsedTime(began) > TimeSpan.FromSeconds(options.Value.WaitSeconds))
            {
                LogSlow(logger, table.Name, options.Value.WaitSeconds);
                return;
            }

            await Task.Delay(Look, clock, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: cells that would be closed are not summed up yet; their calls stay for now")]
    private static partial void LogPending(ILogger logger, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ClickHouse has not removed the expired rows of {Table} after {Seconds} s and goes on with it")]
    private static partial void LogSlow(ILogger logger, string table, int seconds);
}
