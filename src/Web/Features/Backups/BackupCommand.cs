using System.Globalization;
using ClickHouse.Driver;
using FinOps.Analytics.Backups;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Embedded;
using FinOps.Ingest.Pipeline;
using FinOps.Web.Roles;
using Npgsql;

namespace FinOps.Web.Features.Backups;

/// <summary><c>backup</c> and <c>restore</c>: an installation into one file, whether it runs or not, and out of it. Ends with 0 when done, 1 when it failed, 2 when it was asked for wrongly.</summary>
internal static class BackupCommand
{
    private const string Usage = """
        Usage: FinOps.Web backup --to FILE [--data DIR] [--engines DIR]
               FinOps.Web restore --from FILE [--replace] [--data DIR] [--engines DIR]
        """;

    public static Task<int> RunAsync(string[] arguments, Func<string, string?> environment, CancellationToken cancellationToken) =>
        RunAsync(arguments, environment, Console.Out, Console.Error, cancellationToken);

    internal static async Task<int> RunAsync(string[] arguments, Func<string, string?> environment, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (BackupArguments.Read(arguments) is not { } asked)
        {
            errors.WriteLine(Usage);
            return 2;
        }

        var (start, problems) = StartOptions.Read(asked.ForStart, environment);
        if (start is null)
        {
            foreach (var problem in problems) errors.WriteLine(problem);
            return 2;
        }

        try
        {
            var progress = new StartProgress(TimeProvider.System, output);
            if (asked.Restore && !File.Exists(asked.File)) throw new BackupException($"There is no file {asked.File}.");
            if (!asked.Restore && start.Postgres is null && !Directory.Exists(start.DataFolder))
                throw new BackupException($"There is no installation in {start.DataFolder}. Name its folder with --data, or set FINOPS_POSTGRES and FINOPS_CLICKHOUSE.");
            using var log = QuietLogging.ForTheStart();
            // A running installation lends its engines to a backup; a restore needs it stopped, and says so when the folder is in use.
            if (!asked.Restore && FindRunning(start) is { } running)
            {
                await DoAsync(asked, Places(start, running.Postgres, running.ClickHouse, environment), progress, cancellationToken);
            }
            else
            {
                await using var stores = await StoreAddresses.OpenAsync(start, progress, log, cancellationToken);
                Directory.CreateDirectory(start.DataFolder);
                await DoAsync(asked, Places(start, stores.Postgres.ConnectionString!, stores.ClickHouse!, environment), progress, cancellationToken);
            }

            return 0;
        }
        catch (Exception failure) when (failure is BackupException or EngineException or StartException or TenancyException)
        {
            errors.WriteLine(failure.Message);
            return 1;
        }
        catch (Exception failure) when (failure is ClickHouseServerException or HttpRequestException)
        {
            errors.WriteLine($"ClickHouse: {failure.Message}");
            return 1;
        }
        catch (Exception failure) when (PostgresMigrator.IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            errors.WriteLine($"PostgreSQL: {failure.GetBaseException().Message}");
            return 1;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine(failure.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("Stopped before the end.");
            return 1;
        }
    }

    private static async Task DoAsync(BackupArguments asked, InstallationPlaces places, StartProgress progress, CancellationToken cancellationToken)
    {
        if (asked.Restore)
        {
            var manifest = await new RestoreInstallation(places, progress).FromFileAsync(asked.File, asked.Replace, cancellationToken);
            progress.Report(string.Create(CultureInfo.InvariantCulture, $"Restored {asked.File}: the installation as of {manifest.TakenAt:yyyy-MM-dd HH:mm:ss} UTC, made by release {manifest.Version}"));
            return;
        }

        var made = await new BackUpInstallation(places, TimeProvider.System, progress).ToFileAsync(asked.File, cancellationToken);
        progress.Report(string.Create(CultureInfo.InvariantCulture, $"Wrote {asked.File}: {made.Bytes:N0} bytes, {made.Calls:N0} rows of calls, everything as of {made.TakenAt:yyyy-MM-dd HH:mm:ss} UTC"));
        progress.Report("Whoever has this file has all of it, passwords' hashes and keys included: keep it like a password.");
    }

    private static (string Postgres, string ClickHouse)? FindRunning(StartOptions start)
    {
        if (start.Postgres is not null && start.ClickHouse is not null) return null;
        var postgres = start.Postgres ?? RunningInstallation.FindPostgres(start.DataFolder);
        var clickHouse = start.ClickHouse ?? RunningInstallation.FindClickHouse(start.DataFolder);
        return postgres is null || clickHouse is null ? null : (postgres, clickHouse);
    }

    private static InstallationPlaces Places(StartOptions start, string postgres, string clickHouse, Func<string, string?> environment) => new(
        new PostgresOptions { ConnectionString = postgres, AppConnectionString = start.PostgresApp },
        clickHouse,
        start.DataFolder,
        environment($"{PipelineOptions.Section}:{nameof(PipelineOptions.SpoolDirectory)}".Replace(":", "__", StringComparison.Ordinal)) is { Length: > 0 } spool
            ? spool
            : Path.Combine(start.DataFolder, "spool"));
}

/// <summary>What the person typed; <c>ForStart</c> is left for <see cref="StartOptions"/>: the folders.</summary>
internal sealed record BackupArguments(bool Restore, string File, bool Replace, IReadOnlyList<string> ForStart)
{
    /// <summary>Null when that is not how it is asked for.</summary>
    public static BackupArguments? Read(IReadOnlyList<string> arguments)
    {
        var (restore, file, replace, rest) = (arguments[0] == "restore", (string?)null, false, new List<string>());
        for (var i = 1; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--replace" when restore:
                    replace = true;
                    break;
                case var name when name == (restore ? "--from" : "--to") && i + 1 < arguments.Count:
                    file = Path.GetFullPath(arguments[++i]);
                    break;
                case "--data" or "--engines" when i + 1 < arguments.Count:
                    rest.AddRange([arguments[i], arguments[++i]]);
                    break;
                default:
                    return null;
            }
        }

        return file is null ? null : new BackupArguments(restore, file, replace, rest);
    }
}
