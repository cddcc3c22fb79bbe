using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Deletion;

/// <summary>
/// Removes a tenant whose deletion was asked for, from every table of both stores; a job of Hangfire. Each step looks at what is there: it can be interrupted anywhere and run
/// again. ClickHouse goes first, for without the tenant in PostgreSQL nobody would know what was left there.
/// </summary>
public sealed class DeleteTenant(TenantDeletions deletions, ClickHouseStore store, TimeProvider clock, IOptions<DeletionOptions> options)
{
    internal static readonly Actor Author = Actor.OfJob("deletion");

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(Guid tenant, CancellationToken cancellationToken)
    {
        var id = new TenantId(tenant);
        // Hangfire runs what is in its queue: what was never asked for is not deleted.
        if (await deletions.FindAsync(id, cancellationToken) is not { FinishedAt: null }) return;
        await EmptyAsync(id, cancellationToken);
        await deletions.NoteAsync(id, "removes settings, keys, members and the audit chain", [], cancellationToken);
        var rows = await deletions.DeleteRowsAsync(id, cancellationToken);
        await deletions.NoteAsync(id, "looks whether something came in meanwhile", rows.Select(row => KeyValuePair.Create("postgres." + row.Key, row.Value)), cancellationToken);
        await EmptyAsync(id, cancellationToken);
        await deletions.FinishAsync(id, cancellationToken);
    }

    /// <summary>Every table of ClickHouse that has rows of the tenant.</summary>
    internal async Task EmptyAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var left = await LeftAsync(tenant, cancellationToken);
        if (left.Count == 0) return;
        await deletions.NoteAsync(tenant, Step(left), left.Select(table => KeyValuePair.Create("clickhouse." + table.Table, table.Rows)), cancellationToken);
        foreach (var table in left) await store.ExecuteAsync(new DeleteTenantRows(tenant, table.Table), cancellationToken);
        while ((left = await LeftAsync(tenant, cancellationToken)).Count > 0)
        {
            if (clock.GetElapsedTime(began) > TimeSpan.FromSeconds(options.Value.WaitSeconds))
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"ClickHouse has not removed all rows of tenant {tenant} after {options.Value.WaitSeconds} s; the next run goes on."));
            await Task.Delay(Look, clock, cancellationToken);
            await deletions.NoteAsync(tenant, Step(left), [], cancellationToken);
        }
    }

    private static string Step(List<TableRows> left) =>
        string.Create(CultureInfo.InvariantCulture, $"removes calls and sums: {left.Sum(table => table.Rows):N0} rows in {left.Count} tables left");

    private async Task<List<TableRows>> LeftAsync(TenantId tenant, CancellationToken cancellationToken) =>
        (await store.QueryAsync(new StoredRows(tenant), cancellationToken)).FindAll(table => table.Rows > 0);
}

/// <summary>Every hour: goes on with deletions that were interrupted, and removes what came in late for tenants that are gone, from a spool for example.</summary>
public sealed class FinishDeletions(TenantDeletions deletions, DeleteTenant delete, TimeProvider clock, IOptions<DeletionOptions> options)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var deletion in await deletions.LateAsync(clock.GetUtcNow().AddDays(-options.Value.SweepDays), cancellationToken))
        {
            if (deletion.FinishedAt is null) await delete.RunAsync(deletion.Id, cancellationToken);
            else await delete.EmptyAsync(new TenantId(deletion.Id), cancellationToken);
        }
    }
}
