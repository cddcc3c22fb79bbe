using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Analytics.Backups;

/// <summary>
/// Loads a backup into tables beside the application's, as they were when it was made, counts every row, and only then puts the partitions into the
/// application's. So a file that cannot be loaded leaves everything as it was, and no insert feeds the views a second time.
/// </summary>
internal sealed class ClickHouseRestore : IAsyncDisposable
{
    /// <summary>A server refuses to drop large tables unless told so by the statement itself.</summary>
    private const string DropAnySize = "SYNC SETTINGS max_table_size_to_drop = 0, max_partition_size_to_drop = 0";

    /// <summary>Arrivals that settling had not looked at yet, and what it needs for them, count as arrived now: after a day or three they would be forgotten.</summary>
    private static readonly (string Table, string Instant)[] Refreshed = [("links", "ingested_at"), ("long_spans", "ingested_at"), ("touched_traces", "touched_at")];

    private readonly ClickHouseStore _store;
    private readonly ClickHouseStore _beside;
    private readonly ClickHouseTransfer _transfer;
    private readonly ClickHouseContent _content;

    public ClickHouseRestore(ClickHouseStore store, string connectionString, ClickHouseTransfer transfer, ClickHouseContent content)
    {
        (_store, _transfer, _content) = (store, transfer, content);
        var beside = new ClickHouseConnectionStringBuilder(connectionString) { Database = store.Database + "_restore" };
        _beside = new ClickHouseStore(new ClickHouseOptions { ConnectionString = beside.ConnectionString });
    }

    /// <summary>Whether the application's tables hold any row.</summary>
    public static async Task<bool> HasRowsAsync(ClickHouseStore store, CancellationToken cancellationToken) =>
        (await store.ReadTextAsync($"SELECT toString(ifNull(sum(total_rows), 0)) FROM system.tables WHERE database = '{store.Database}' AND name IN ({Names}) AND engine LIKE '%MergeTree'", cancellationToken))[0][0] != "0";

    /// <summary>Loads and counts; changes nothing of the application's.</summary>
    public async Task LoadAsync(BackupReader reader, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await DropDatabaseAsync(_store, _beside.Database, cancellationToken);
        await new ClickHouseMigrator(_beside, NullLogger<ClickHouseMigrator>.Instance).ApplyAsync(_content.Migration, cancellationToken);
        // What views derive is in the backup itself.
        foreach (var view in await _beside.ReadTextAsync($"SELECT name FROM system.tables WHERE database = '{_beside.Database}' AND engine = 'MaterializedView'", cancellationToken))
            await _beside.ExecuteTextAsync($"DROP TABLE `{view[0]}` SYNC", cancellationToken);
        foreach (var table in _content.Tables)
        {
            if (!ClickHouseMigrator.TablesAndViews.Contains(table.Name) || !table.Columns.All(ClickHouseStore.IsPlainName)) throw new BackupException($"The backup holds a table or columns of {table.Name} which this release does not know.");
            await _beside.ExecuteTextAsync($"SYSTEM STOP MERGES `{_beside.Database}`.`{table.Name}`", cancellationToken);
            foreach (var part in table.Parts)
            {
                await using var stream = reader.Open(part.File);
                await _transfer.WriteAsync($"INSERT INTO `{_beside.Database}`.`{table.Name}` ({ClickHouseBackup.List(table.Columns)}) FORMAT Native", stream, cancellationToken);
            }

            var rows = long.Parse((await _beside.ReadTextAsync($"SELECT toString(count()) FROM `{table.Name}`", cancellationToken))[0][0], CultureInfo.InvariantCulture);
            if (rows != table.Rows) throw new BackupException(string.Create(CultureInfo.InvariantCulture, $"ClickHouse took {rows} rows of {table.Name} where the backup has {table.Rows}."));
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"ClickHouse: {table.Name}, {rows:N0} rows"));
        }

        await RefreshAsync(cancellationToken);
    }

    /// <summary>Puts what was loaded in the place of whatever is there. Takes a second or so: the rows are linked, not copied.</summary>
    public async Task ExchangeAsync(CancellationToken cancellationToken)
    {
        await _store.CreateDatabaseAsync(cancellationToken);
        foreach (var name in ClickHouseMigrator.TablesAndViews.Append("schema_migrations"))
            await _store.ExecuteTextAsync($"DROP TABLE IF EXISTS `{_store.Database}`.`{name}` {DropAnySize}", cancellationToken);
        await new ClickHouseMigrator(_store, NullLogger<ClickHouseMigrator>.Instance).ApplyAsync(_content.Migration, cancellationToken);
        foreach (var table in _content.Tables)
        {
            var partitions = await _store.ReadTextAsync($"SELECT DISTINCT partition_id FROM system.parts WHERE database = '{_beside.Database}' AND table = '{table.Name}' AND active", cancellationToken);
            foreach (var partition in partitions)
                await _store.ExecuteTextAsync($"ALTER TABLE `{_store.Database}`.`{table.Name}` ATTACH PARTITION ID '{partition[0]}' FROM `{_beside.Database}`.`{table.Name}`", cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DropDatabaseAsync(_store, _beside.Database, CancellationToken.None);
        _beside.Dispose();
    }

    internal static Task DropDatabaseAsync(ClickHouseStore store, string database, CancellationToken cancellationToken) =>
        store.ExecuteTextAsync($"DROP DATABASE IF EXISTS `{database}` {DropAnySize}", cancellationToken);

    private static string Names => string.Join(", ", ClickHouseMigrator.TablesAndViews.Select(name => $"'{name}'"));

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        const string Unsettled = "SELECT tenant_id, trace_id FROM touched_traces WHERE touched_at > (SELECT max(settled_to) FROM settle_progress)";
        foreach (var (table, instant) in Refreshed.Where(refreshed => _content.Tables.Any(table => table.Name == refreshed.Table)))
            await _beside.ExecuteTextAsync($"INSERT INTO `{table}` SELECT * REPLACE (now64(6, 'UTC') AS {instant}) FROM `{table}` WHERE (tenant_id, trace_id) IN ({Unsettled})", cancellationToken);
    }
}
