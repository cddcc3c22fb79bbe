using System.Reflection;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Analytics.Backups;

/// <param name="Bytes">Size of the file.</param>
public sealed record BackupSummary(DateTimeOffset TakenAt, long Bytes, long Calls);

/// <summary>
/// Writes everything that an installation keeps into one file, while it runs. In this order, so that whatever was acknowledged before is in it and nothing in it points at what
/// is not: rows that wait on disk, ClickHouse as it is at one moment, PostgreSQL (tenants, projects and prices that ClickHouse's rows name).
/// </summary>
public sealed class BackUpInstallation(InstallationPlaces places, TimeProvider clock, IProgress<string> progress)
{
    private static readonly Actor Operator = Actor.OfJob("backup");

    public async Task<BackupSummary> ToFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var one = await BackupLock.TakeAsync(places.OwnerOfPostgres, cancellationToken);
            using var writer = BackupWriter.Create(path);
            var manifest = await WriteAsync(writer, cancellationToken);
            var bytes = await writer.CompleteAsync(manifest, cancellationToken);
            await RecordAsync(places.Postgres, AuditActs.InstallationBackedUp, Operator, Path.GetFileName(path), new { manifest.TakenAt, Bytes = bytes }, cancellationToken);
            return new BackupSummary(manifest.TakenAt, bytes, manifest.ClickHouse.Tables.FirstOrDefault(table => table.Name == "calls")?.Rows ?? 0);
        }
        catch (IOException failure)
        {
            throw new BackupException($"{path} cannot be written: {failure.Message}", failure);
        }
    }

    internal static async Task RecordAsync(PostgresOptions postgres, string act, Actor actor, string file, object after, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddLogging().AddPostgres(postgres).BuildServiceProvider();
        await services.GetRequiredService<AuditTrail>().RecordAsync(AuditTrail.Installation, new AuditEntry(actor, act, "installation", file) { After = after }, cancellationToken);
    }

    private async Task<BackupManifest> WriteAsync(BackupWriter writer, CancellationToken cancellationToken)
    {
        List<BackupFile> files = [.. await AddSpoolAsync(writer, cancellationToken)];
        using var store = places.OpenClickHouse();
        using var transfer = new ClickHouseTransfer(places.ClickHouse);
        var migration = await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).NewestAppliedAsync(cancellationToken);
        await using var clickHouse = new ClickHouseBackup(store, transfer, clock);
        var (takenAt, tables) = await clickHouse.LinkAsync(cancellationToken);
        await using var owner = NpgsqlDataSource.Create(places.OwnerOfPostgres);
        var postgresContent = await new PostgresBackup(owner).WriteAsync(writer, progress, cancellationToken);
        var clickHouseContent = await clickHouse.WriteAsync(tables, migration, writer, progress, cancellationToken);
        foreach (var name in InstallationPlaces.KeptFiles)
            if (await AddAsync(writer, Path.Combine(places.DataFolder, name), InstallationPlaces.KeptPrefix + name, isPacked: false, cancellationToken) is { } file) files.Add(file);
        return new BackupManifest
        {
            Format = BackupManifest.CurrentFormat,
            Version = typeof(BackUpInstallation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            TakenAt = takenAt,
            Postgres = postgresContent,
            ClickHouse = clickHouseContent,
            Files = files,
        };
    }

    /// <summary>First of all: what is brought to ClickHouse meanwhile is in both then, and collapses by its keys when it is brought there again.</summary>
    private async Task<List<BackupFile>> AddSpoolAsync(BackupWriter writer, CancellationToken cancellationToken)
    {
        List<BackupFile> files = [];
        if (!Directory.Exists(places.SpoolFolder)) return files;
        foreach (var path in Directory.EnumerateFiles(places.SpoolFolder, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "lock").Order(StringComparer.Ordinal).ToList())
        {
            var name = InstallationPlaces.SpoolPrefix + Path.GetRelativePath(places.SpoolFolder, path).Replace(Path.DirectorySeparatorChar, '/');
            if (await AddAsync(writer, path, name, isPacked: false, cancellationToken) is { } file) files.Add(file);
        }

        if (files.Count > 0) progress.Report($"{files.Count} files of rows that wait for ClickHouse");
        return files;
    }

    /// <summary>Null when the file is not there, or not any more: then its rows have reached ClickHouse.</summary>
    private static async Task<BackupFile?> AddAsync(BackupWriter writer, string path, string name, bool isPacked, CancellationToken cancellationToken)
    {
        FileStream source;
        try
        {
            source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        await using (source)
        {
            return await writer.AddAsync(name, isPacked, stream => source.CopyToAsync(stream, cancellationToken));
        }
    }
}
