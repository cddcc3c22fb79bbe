using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Backups;

/// <summary>
/// Reads ClickHouse as it is at one moment, while it is written to: the partitions of all tables are linked into tables of their own first, which copies nothing and
/// takes a second or so, and then read at leisure.
/// </summary>
internal sealed class ClickHouseBackup(ClickHouseStore store, ClickHouseTransfer transfer, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>
    /// Longest time in which calls, their counts by cell and roll-ups are linked. A roll-up is built of a cell only when nothing was written to it for 20 seconds
    /// (RollUpOptions.QuietSeconds), so within less no roll-up can know of a call that was not linked.
    /// </summary>
    private static readonly TimeSpan LinkWithin = TimeSpan.FromSeconds(15);

    private const int LinkAttempts = 3;

    /// <summary>
    /// What is linked in which order, so that the copy never claims more than it holds. How far settling came goes before what it settled; links and calls go before
    /// what inserts derive of them; what says which roll-up is in force goes before the roll-ups, whose replaced rows stay for minutes.
    /// </summary>
    private static readonly string[] InOrder = ["settle_progress", "links", "calls", "touched_traces", "long_spans", "cell_changes", "roll_up_cells", "roll_up_days"];

    private readonly string _copy = store.Database + "_backup";

    /// <summary>Links everything. What was acknowledged before is in it, or in the spool.</summary>
    public async Task<(DateTimeOffset TakenAt, IReadOnlyList<string> Tables)> LinkAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await DropAsync(cancellationToken);
            await store.ExecuteTextAsync($"CREATE DATABASE `{_copy}`", cancellationToken);
            var tables = await TablesAsync(cancellationToken);
            foreach (var table in tables)
            {
                await store.ExecuteTextAsync($"CREATE TABLE `{_copy}`.`{table}` AS `{store.Database}`.`{table}`", cancellationToken);
                // Neither merged nor expired while it is read.
                await store.ExecuteTextAsync($"SYSTEM STOP MERGES `{_copy}`.`{table}`", cancellationToken);
            }

            var (takenAt, began) = (clock.GetUtcNow(), clock.GetTimestamp());
            foreach (var table in tables.TakeWhile(IsDependent)) await LinkAsync(table, cancellationToken);
            var took = clock.GetElapsedTime(began);
            if (took <= LinkWithin)
            {
                foreach (var table in tables.SkipWhile(IsDependent)) await LinkAsync(table, cancellationToken);
                return (takenAt, tables);
            }

            if (attempt == LinkAttempts)
                throw new BackupException(string.Create(CultureInfo.InvariantCulture, $"ClickHouse took {took.TotalSeconds:0} s to link its tables, and more than {LinkWithin.TotalSeconds:0} s may bring figures that do not belong together. Try again when it has less to do."));
        }
    }

    /// <summary>Writes what was linked.</summary>
    public async Task<ClickHouseContent> WriteAsync(IReadOnlyList<string> tables, int migration, BackupWriter writer, IProgress<string> progress, CancellationToken cancellationToken)
    {
        List<ClickHouseTable> written = [];
        foreach (var table in tables)
        {
            var columns = (await store.ReadTextAsync($"""
                SELECT name FROM system.columns
                WHERE database = '{_copy}' AND table = '{table}' AND default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL') ORDER BY position
                """, cancellationToken)).ConvertAll(row => row[0]);
            List<ClickHousePart> parts = [];
            var partitions = await store.ReadTextAsync($"SELECT _partition_id, toString(count()) FROM `{_copy}`.`{table}` GROUP BY _partition_id ORDER BY _partition_id", cancellationToken);
            foreach (var (partition, rows) in partitions.Select(row => (row[0], long.Parse(row[1], CultureInfo.InvariantCulture))))
            {
                var sql = $"SELECT {List(columns)} FROM `{_copy}`.`{table}` WHERE _partition_id = '{partition}' FORMAT Native";
                var file = await writer.AddAsync($"clickhouse/{table}/{partition}.native.zst", isPacked: true, stream => transfer.ReadAsync(sql, stream, cancellationToken));
                parts.Add(new ClickHousePart(partition, rows, file));
            }

            written.Add(new ClickHouseTable(table, columns, parts.Sum(part => part.Rows), parts));
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"ClickHouse: {table}, {parts.Sum(part => part.Rows):N0} rows"));
        }

        var version = (await store.ReadTextAsync("SELECT version()", cancellationToken))[0][0];
        return new ClickHouseContent(version, migration, written);
    }

    /// <summary>The links go; the tables' own data stays.</summary>
    public async ValueTask DisposeAsync() => await DropAsync(CancellationToken.None);

    internal static string List(IEnumerable<string> columns) => string.Join(", ", columns.Select(column => $"`{column}`"));

    private static bool IsDependent(string table) => InOrder.Contains(table) || table.StartsWith("roll_up_", StringComparison.Ordinal);

    private async Task<List<string>> TablesAsync(CancellationToken cancellationToken)
    {
        var there = await store.ReadTextAsync($"SELECT name FROM system.tables WHERE database = '{store.Database}' AND engine LIKE '%MergeTree'", cancellationToken);
        return [.. there.Select(row => row[0]).Intersect(ClickHouseMigrator.TablesAndViews, StringComparer.Ordinal)
            .OrderBy(table => Array.IndexOf(InOrder, table) is >= 0 and var place ? place : IsDependent(table) ? InOrder.Length : int.MaxValue)
            .ThenBy(table => table, StringComparer.Ordinal)];
    }

    private async Task LinkAsync(string table, CancellationToken cancellationToken)
    {
        var partitions = await store.ReadTextAsync($"SELECT DISTINCT partition_id FROM system.parts WHERE database = '{store.Database}' AND table = '{table}' AND active", cancellationToken);
        foreach (var partition in partitions)
            await store.ExecuteTextAsync($"ALTER TABLE `{_copy}`.`{table}` ATTACH PARTITION ID '{partition[0]}' FROM `{store.Database}`.`{table}`", cancellationToken);
    }

    private Task DropAsync(CancellationToken cancellationToken) => ClickHouseRestore.DropDatabaseAsync(store, _copy, cancellationToken);
}
