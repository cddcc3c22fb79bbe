using System.Globalization;
using System.Text;
using Npgsql;

namespace FinOps.Analytics.Backups;

/// <summary>Reads every table of the application in one transaction, as it was when that began. Hangfire's tables are left out: the next start makes its schedule anew.</summary>
internal sealed class PostgresBackup(NpgsqlDataSource owner)
{
    private const string Schema = "finops";

    /// <summary>What EF Core keeps itself.</summary>
    private const string MigrationsTable = "migrations";

    /// <summary>How long an owner whom row-level security holds waits for the tables that others use.</summary>
    private const int LockTimeoutSeconds = 10;

    private const int BufferCharacters = 1 << 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public async Task<PostgresContent> WriteAsync(BackupWriter writer, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await SeeAllRowsAsync(connection, cancellationToken);
        var migration = (await ReadAsync(connection, $"SELECT migration_id FROM {Schema}.{MigrationsTable} ORDER BY migration_id DESC LIMIT 1", cancellationToken))[0][0];
        List<PostgresTable> written = [];
        foreach (var table in await TablesAsync(connection, cancellationToken))
        {
            var columns = (await ReadAsync(connection, $"""
                SELECT attname::text FROM pg_attribute
                WHERE attrelid = '{Schema}.{Quote(table)}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
                """, cancellationToken)).ConvertAll(row => row[0]);
            long rows = 0;
            var file = await writer.AddAsync($"postgres/{table}.copy", isPacked: false, async stream =>
                rows = await CopyAsync(connection, $"COPY (SELECT {List(columns)} FROM {Schema}.{Quote(table)}) TO STDOUT", stream, cancellationToken));
            written.Add(new PostgresTable(table, columns, rows, file));
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"PostgreSQL: {table}, {rows:N0} rows"));
        }

        var sequences = await ReadAsync(connection, $"SELECT sequencename::text, last_value::text FROM pg_sequences WHERE schemaname = '{Schema}' AND last_value IS NOT NULL ORDER BY sequencename", cancellationToken);
        // Also gives back what SeeAllRowsAsync took.
        await transaction.RollbackAsync(cancellationToken);
        return new PostgresContent(
            connection.PostgreSqlVersion.ToString(), migration, written, sequences.ConvertAll(row => new PostgresSequence(row[0], long.Parse(row[1], CultureInfo.InvariantCulture))));
    }

    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    internal static string List(IEnumerable<string> columns) => string.Join(", ", columns.Select(Quote));

    internal static async Task<List<string>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => (await ReadAsync(connection,
        $"SELECT relname::text FROM pg_class WHERE relnamespace = '{Schema}'::regnamespace AND relkind = 'r' AND relname <> '{MigrationsTable}' ORDER BY relname", cancellationToken)).ConvertAll(row => row[0]);

    internal static async Task<List<string[]>> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string[]> rows = [];
        while (await reader.ReadAsync(cancellationToken)) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        return rows;
    }

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes row-level security off its owner for this transaction, where it holds for the owner: none of the rows may be missing.</summary>
    internal static async Task SeeAllRowsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // With it off, PostgreSQL refuses where a policy would hide rows; without, it would hide them silently.
        await ExecuteAsync(connection, "SET LOCAL row_security = off", cancellationToken);
        if ((await ReadAsync(connection, "SELECT (rolsuper OR rolbypassrls)::text FROM pg_roles WHERE rolname = current_user", cancellationToken))[0][0] == "true") return;
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = '{LockTimeoutSeconds}s'"), cancellationToken);
        foreach (var table in await ForcedAsync(connection, cancellationToken))
            await ExecuteAsync(connection, $"ALTER TABLE {Schema}.{Quote(table)} NO FORCE ROW LEVEL SECURITY", cancellationToken);
    }

    internal static async Task<List<string>> ForcedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => (await ReadAsync(connection,
        $"SELECT relname::text FROM pg_class WHERE relnamespace = '{Schema}'::regnamespace AND relkind = 'r' AND relforcerowsecurity ORDER BY relname", cancellationToken)).ConvertAll(row => row[0]);

    /// <summary>COPY's text format has one line for each row: line ends within a value are escaped.</summary>
    private static async Task<long> CopyAsync(NpgsqlConnection connection, string sql, Stream target, CancellationToken cancellationToken)
    {
        long rows = 0;
        var buffer = new char[BufferCharacters];
        using var source = await connection.BeginTextExportAsync(sql, cancellationToken);
        await using var writer = new StreamWriter(target, Utf8, BufferCharacters, leaveOpen: true);
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            rows += buffer.AsSpan(0, read).Count('\n');
            await writer.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return rows;
    }
}
