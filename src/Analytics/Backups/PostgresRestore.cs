using System.Globalization;
using System.Text;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace FinOps.Analytics.Backups;

/// <summary>Makes the tables as they were when the backup was made and fills them in one transaction. What later releases changed follows by their migrations.</summary>
internal sealed class PostgresRestore(NpgsqlDataSource owner, PostgresContent content)
{
    private const string Schema = "finops";

    /// <summary>Of the jobs; the next start makes it anew.</summary>
    private const string JobsSchema = "hangfire";

    private const int BufferCharacters = 1 << 16;

    /// <summary>Null when this release can read the backup; otherwise why not.</summary>
    public string? FindProblem()
    {
        using var context = Context();
        return context.Database.GetMigrations().Contains(content.Migration)
            ? null
            : $"The backup was made by a newer release: this one does not know its migration {content.Migration} of PostgreSQL. Restore it with that release.";
    }

    /// <summary>Whether any organisation is there.</summary>
    public static async Task<bool> HasRowsAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        if ((await PostgresBackup.ReadAsync(connection, $"SELECT (to_regclass('{Schema}.tenants') IS NOT NULL)::text", cancellationToken))[0][0] != "true") return false;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PostgresBackup.SeeAllRowsAsync(connection, cancellationToken);
        return (await PostgresBackup.ReadAsync(connection, $"SELECT EXISTS (SELECT FROM {Schema}.tenants)::text", cancellationToken))[0][0] == "true";
    }

    public async Task RunAsync(BackupReader reader, IProgress<string> progress, CancellationToken cancellationToken)
    {
        await using (var connection = await owner.OpenConnectionAsync(cancellationToken))
        {
            await PostgresBackup.ExecuteAsync(connection, $"DROP SCHEMA IF EXISTS {Schema} CASCADE; DROP SCHEMA IF EXISTS {JobsSchema} CASCADE", cancellationToken);
        }

        await using (var context = Context())
        {
            await context.GetService<IMigrator>().MigrateAsync(content.Migration, cancellationToken);
        }

        await using var filling = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await filling.BeginTransactionAsync(cancellationToken);
        // COPY does not write where a policy holds; the policies are in force again when this is committed.
        var forced = await PostgresBackup.ForcedAsync(filling, cancellationToken);
        foreach (var table in forced) await PostgresBackup.ExecuteAsync(filling, $"ALTER TABLE {Schema}.{PostgresBackup.Quote(table)} NO FORCE ROW LEVEL SECURITY", cancellationToken);
        await FillAsync(filling, reader, progress, cancellationToken);
        foreach (var table in forced) await PostgresBackup.ExecuteAsync(filling, $"ALTER TABLE {Schema}.{PostgresBackup.Quote(table)} FORCE ROW LEVEL SECURITY", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task FillAsync(NpgsqlConnection connection, BackupReader reader, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var tables = content.Tables.ToDictionary(table => table.Name, StringComparer.Ordinal);
        var there = await PostgresBackup.TablesAsync(connection, cancellationToken);
        if (tables.Keys.Except(there).FirstOrDefault() is { } strange) throw new BackupException($"The backup holds a table {strange}, which migration {content.Migration} does not have.");
        foreach (var name in await ParentsFirstAsync(connection, there, cancellationToken))
        {
            if (!tables.TryGetValue(name, out var table)) continue;
            // Rows that a migration itself brings.
            await PostgresBackup.ExecuteAsync(connection, $"DELETE FROM {Schema}.{PostgresBackup.Quote(name)}", cancellationToken);
            await CopyAsync(connection, table, reader, cancellationToken);
            var rows = (await PostgresBackup.ReadAsync(connection, $"SELECT count(*)::text FROM {Schema}.{PostgresBackup.Quote(name)}", cancellationToken))[0][0];
            if (long.Parse(rows, CultureInfo.InvariantCulture) != table.Rows) throw new BackupException($"PostgreSQL took {rows} rows of {name} where the backup has {table.Rows}.");
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"PostgreSQL: {name}, {table.Rows:N0} rows"));
        }

        foreach (var sequence in content.Sequences)
            await PostgresBackup.ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT setval('{Schema}.{PostgresBackup.Quote(sequence.Name)}', {sequence.LastValue})"), cancellationToken);
    }

    private static async Task CopyAsync(NpgsqlConnection connection, PostgresTable table, BackupReader reader, CancellationToken cancellationToken)
    {
        using var source = new StreamReader(reader.Open(table.File), Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        await using var target = await connection.BeginTextImportAsync($"COPY {Schema}.{PostgresBackup.Quote(table.Name)} ({PostgresBackup.List(table.Columns)}) FROM STDIN", cancellationToken);
        var buffer = new char[BufferCharacters];
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0) await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
    }

    /// <summary>A table after all that its rows point at.</summary>
    private static async Task<List<string>> ParentsFirstAsync(NpgsqlConnection connection, List<string> tables, CancellationToken cancellationToken)
    {
        var links = await PostgresBackup.ReadAsync(connection, $"""
            SELECT DISTINCT child.relname::text, parent.relname::text
            FROM pg_constraint JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
            WHERE contype = 'f' AND connamespace = '{Schema}'::regnamespace AND conrelid <> confrelid
            """, cancellationToken);
        var (ordered, waiting) = (new List<string>(), tables.ToList());
        while (waiting.Count > 0)
        {
            var next = waiting.FindAll(table => !links.Exists(link => link[0] == table && waiting.Contains(link[1])));
            if (next.Count == 0) throw new BackupException($"The rows of {string.Join(", ", waiting)} point at one another in a circle, so none can be filled first.");
            ordered.AddRange(next);
            waiting.RemoveAll(next.Contains);
        }

        return ordered;
    }

    private FinOpsDbContext Context()
    {
        var builder = new DbContextOptionsBuilder<FinOpsDbContext>();
        PostgresExtensions.Use(builder, owner);
        var context = new FinOpsDbContext(builder.Options);
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        return context;
    }
}
