using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Analytics.Backups;

/// <summary>
/// Puts a backup in the place of what an installation holds, and brings it up to this release. Nothing is changed before the whole file was read and found
/// unchanged and ClickHouse's rows were loaded beside the present ones and counted.
/// </summary>
public sealed class RestoreInstallation(InstallationPlaces places, IProgress<string> progress)
{
    private static readonly Actor Operator = Actor.OfJob("restore");

    /// <param name="replace">Whether what is there may go.</param>
    public async Task<BackupManifest> FromFileAsync(string path, bool replace, CancellationToken cancellationToken)
    {
        using var reader = await BackupReader.OpenAsync(path, cancellationToken);
        var manifest = reader.Manifest;
        await using var owner = NpgsqlDataSource.Create(places.OwnerOfPostgres);
        var postgres = new PostgresRestore(owner, manifest.Postgres);
        if (postgres.FindProblem() is { } problem) throw new BackupException(problem);
        if (manifest.ClickHouse.Migration > ClickHouseMigrator.Files[^1].Number)
            throw new BackupException($"The backup was made by a newer release: this one does not know its migration {manifest.ClickHouse.Migration} of ClickHouse. Restore it with that release.");
        progress.Report("Reading the backup and comparing it with its checksums");
        await reader.VerifyAsync(cancellationToken);

        await using var one = await BackupLock.TakeAsync(places.OwnerOfPostgres, cancellationToken);
        using var store = places.OpenClickHouse();
        await store.CreateDatabaseAsync(cancellationToken);
        await RequireNobodyAsync(owner, cancellationToken);
        if (!replace && (await PostgresRestore.HasRowsAsync(owner, cancellationToken) || await ClickHouseRestore.HasRowsAsync(store, cancellationToken)))
            throw new BackupException("This installation is not empty, and nothing was changed. With --replace everything in it is deleted and the backup takes its place.");

        using (var transfer = new ClickHouseTransfer(places.ClickHouse))
        await using (var clickHouse = new ClickHouseRestore(store, places.ClickHouse, transfer, manifest.ClickHouse))
        {
            await clickHouse.LoadAsync(reader, progress, cancellationToken);
            // From here on it is either finished or done again with --replace.
            await postgres.RunAsync(reader, progress, cancellationToken);
            await clickHouse.ExchangeAsync(cancellationToken);
        }

        await PutFilesAsync(reader, cancellationToken);
        await UpgradeAsync(store, cancellationToken);
        await BackUpInstallation.RecordAsync(
            places.Postgres, AuditActs.InstallationRestored, Operator, Path.GetFileName(path), new { manifest.TakenAt, manifest.Version }, cancellationToken);
        return manifest;
    }

    /// <summary>A server that runs meanwhile would write into what is being replaced.</summary>
    private async Task RequireNobodyAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        var login = new NpgsqlConnectionStringBuilder(places.Postgres.ForApp()).Username;
        await using var command = owner.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = login });
        if (await command.ExecuteScalarAsync(cancellationToken) is > 0L)
            throw new BackupException($"Servers of this installation are running ({login} is signed in at PostgreSQL). Stop them all first; nothing was changed.");
    }

    private async Task PutFilesAsync(BackupReader reader, CancellationToken cancellationToken)
    {
        foreach (var name in InstallationPlaces.KeptFiles) File.Delete(Path.Combine(places.DataFolder, name));
        if (Directory.Exists(places.SpoolFolder)) Directory.Delete(places.SpoolFolder, recursive: true);
        foreach (var file in reader.Manifest.Files)
        {
            var inSpool = file.Path.StartsWith(InstallationPlaces.SpoolPrefix, StringComparison.Ordinal);
            var folder = Path.GetFullPath(inSpool ? places.SpoolFolder : places.DataFolder);
            var target = Path.GetFullPath(Path.Combine(folder, file.Path[(inSpool ? InstallationPlaces.SpoolPrefix : InstallationPlaces.KeptPrefix).Length..]));
            if (!target.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new BackupException($"The backup holds a file {file.Path} that would lie outside {folder}.");
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using var source = reader.Open(file);
            await using var copy = new FileStream(target, options);
            await source.CopyToAsync(copy, cancellationToken);
        }
    }

    private async Task UpgradeAsync(ClickHouseStore store, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddLogging().AddPostgres(places.Postgres).BuildServiceProvider();
        await services.GetRequiredService<PostgresMigrator>().MigrateAsync(cancellationToken);
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(acquireLock: null, cancellationToken);
    }
}
