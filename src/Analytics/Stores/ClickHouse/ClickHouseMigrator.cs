using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ClickHouse.Driver.ADO;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>Makes sure that one process at a time migrates (a PostgreSQL advisory lock, given by whoever starts the migration).</summary>
public delegate Task<IAsyncDisposable> MigrationLock(CancellationToken cancellationToken);

/// <summary>
/// Brings the schema up to date from the embedded <c>migrations/NNNN_what.sql</c>: numbered, forward only, each remembered with its checksum in
/// <c>schema_migrations</c>. ClickHouse has no transactions around schema changes: every statement is idempotent, so a file that broke off is simply run again.
/// </summary>
public sealed partial class ClickHouseMigrator(ClickHouseStore store, ILogger<ClickHouseMigrator> logger)
{
    private const string Prefix = "migrations/";

    private const string CreateBook = """
        CREATE TABLE IF NOT EXISTS schema_migrations
        (
            number UInt32,
            name String,
            checksum String,
            applied_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
        )
        ENGINE = ReplacingMergeTree
        ORDER BY number
        """;

    /// <summary>Creates the database if it is missing and applies what is not applied yet. Returns the number of files applied.</summary>
    public async Task<int> MigrateAsync(MigrationLock? acquireLock, CancellationToken cancellationToken)
    {
        await using var held = acquireLock is null ? null : await acquireLock(cancellationToken);
        var count = await ApplyAsync(int.MaxValue, cancellationToken);
        if (!await new ClickHouseAccess(store).EnsureAsync(cancellationToken)) Log.NoWalls(logger, store.AdminName);
        return count;
    }

    /// <summary>The tables alone, as they were after the migration of this number: for a backup of that time, and for tests of upgrades.</summary>
    internal async Task<int> ApplyAsync(int last, CancellationToken cancellationToken)
    {
        await store.CreateDatabaseAsync(cancellationToken);
        await store.ExecuteTextAsync(CreateBook, cancellationToken);
        var applied = await ReadAppliedAsync(store.CreateConnection, cancellationToken);
        var count = 0;
        foreach (var file in Files.TakeWhile(file => file.Number <= last))
        {
            if (applied.TryGetValue(file.Number, out var checksum))
            {
                if (checksum != file.Checksum) Log.Changed(logger, file.Name);
                continue;
            }

            foreach (var statement in file.Statements) await store.ExecuteTextAsync(statement, cancellationToken);
            await RememberAsync(file, cancellationToken);
            Log.Applied(logger, file.Name);
            count++;
        }

        return count;
    }

    /// <summary>Null when every migration of this build is in; otherwise what is missing, or why ClickHouse could not tell.</summary>
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        if (await store.FindProblemAsync(cancellationToken) is { } problem) return problem;
        try
        {
            var applied = await ReadAppliedAsync(store.CreateReaderConnection, cancellationToken);
            var missing = Files.Where(file => !applied.ContainsKey(file.Number)).Select(file => file.Name).ToList();
            return missing.Count == 0 ? null : $"ClickHouse lacks migrations: {string.Join(", ", missing)}.";
        }
        catch (Exception e) when (ClickHouseStore.IsAway(e) && !cancellationToken.IsCancellationRequested)
        {
            // The reader may be a user of another database of a server that takes no users of ours.
            return await new ClickHouseAccess(store).TryGoAsAdminAsync(cancellationToken) ? await FindProblemAsync(cancellationToken) : "ClickHouse is not migrated yet.";
        }
    }

    internal static IReadOnlyList<MigrationFile> Files { get; } = ReadFiles();

    /// <summary>Every table and view that a migration ever made, views first, so that they can be dropped in this order.</summary>
    internal static IReadOnlyList<string> TablesAndViews { get; } =
    [
        .. Files.SelectMany(file => file.Statements).Select(statement => Made().Match(statement)).Where(made => made.Success)
            .OrderBy(made => made.Groups[1].Value == "TABLE")
            .Select(made => made.Groups[2].Value).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>The number of the newest migration that is in; 0 when there is none.</summary>
    internal async Task<int> NewestAppliedAsync(CancellationToken cancellationToken) =>
        (await ReadAppliedAsync(store.CreateConnection, cancellationToken)).Keys.DefaultIfEmpty().Max();

    private async Task<Dictionary<int, string>> ReadAppliedAsync(Func<ClickHouseConnection> connect, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, string>();
        using var connection = connect();
        using var command = connection.CreateCommand("SELECT number, checksum FROM schema_migrations FINAL ORDER BY number");
        using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            applied[Convert.ToInt32(reader.GetValue(0), CultureInfo.InvariantCulture)] = reader.GetString(1);
        return applied;
    }

    private async Task RememberAsync(MigrationFile file, CancellationToken cancellationToken) =>
        await store.ExecuteTextAsync(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO schema_migrations (number, name, checksum) VALUES ({file.Number}, '{file.Name}', '{file.Checksum}')"), cancellationToken);

    private static List<MigrationFile> ReadFiles()
    {
        var assembly = typeof(ClickHouseMigrator).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => ReadFile(assembly, name))
            .OrderBy(file => file.Number)];
    }

    private static MigrationFile ReadFile(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = reader.ReadToEnd();
        var name = resource[Prefix.Length..];
        var number = int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
        return new MigrationFile(number, name, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), Split(text));
    }

    /// <summary>A statement ends with a semicolon at the end of a line.</summary>
    internal static IReadOnlyList<string> Split(string text)
    {
        var statements = new List<string>();
        var current = new StringBuilder();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var ends = line.EndsWith(';') && !line.TrimStart().StartsWith("--", StringComparison.Ordinal);
            current.Append(ends ? line[..^1] : line).Append('\n');
            if (!ends) continue;
            statements.Add(current.ToString().Trim());
            current.Clear();
        }

        var rest = current.ToString();
        if (rest.Split('\n').Any(line => line.Trim() is { Length: > 0 } content && !content.StartsWith("--", StringComparison.Ordinal)))
            throw new InvalidOperationException("A migration's last statement lacks its semicolon.");
        return statements;
    }

    internal sealed record MigrationFile(int Number, string Name, string Checksum, IReadOnlyList<string> Statements);

    [GeneratedRegex(@"CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\w+)")]
    private static partial Regex Made();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "ClickHouse migration {Name} applied")]
        public static partial void Applied(ILogger logger, string name);

        [LoggerMessage(Level = LogLevel.Warning, Message = "ClickHouse migration {Name} was changed after it was applied; the database keeps the form it was applied in")]
        public static partial void Changed(ILogger logger, string name);

        [LoggerMessage(Level = LogLevel.Warning, Message = "ClickHouse can be given no users and no row policies by {User}, so that the application alone keeps tenants apart there; docs/isolation.md says what to set up")]
        public static partial void NoWalls(ILogger logger, string user);
    }
}
