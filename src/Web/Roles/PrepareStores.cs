using System.Security.Cryptography;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using FinOps.Web.Bootstrap;
using FinOps.Web.Jobs;

namespace FinOps.Web.Roles;

/// <summary>
/// Migrates both stores and bootstraps, one process of the installation at a time. Tried once before the server listens; while a store is away,
/// again and again beside the running server, which then becomes ready by itself.
/// </summary>
internal sealed class PrepareStores(
    StartOptions start, PostgresMigrator postgres, ClickHouseStore clickHouseStore, ClickHouseMigrator clickHouse, JobStorageSource jobs,
    ImportPrices prices, BootstrapInstallation bootstrap, IKeyDirectory keys, StoresReady ready, StartProgress progress, StartBanner banner, TimeProvider clock, IHostApplicationLifetime lifetime,
    ILogger<PrepareStores> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    private readonly HashSet<string> _told = [];

    /// <summary>What stopped the background attempts for good, for the exit message; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Null when everything is in; otherwise which store is away. Throws for what waiting cannot mend.</summary>
    public async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        if (ready.IsOpen) return null;
        // Before the first migration there is no login but the owner's.
        var postgresProblem = start.Role.Migrates() ? await postgres.FindOwnerOutageAsync(cancellationToken) : await postgres.FindOutageAsync(cancellationToken);
        if (postgresProblem is not null) return postgresProblem;
        // A ClickHouse without its database is only missing its migrations.
        if (!start.Role.Migrates() && await clickHouseStore.FindProblemAsync(cancellationToken) is { } clickHouseProblem) return clickHouseProblem;
        try
        {
            if (start.Role.Migrates()) await MigrateAsync(cancellationToken);
            else if (await FindMissingAsync(cancellationToken) is { } missing) return missing;
            // The look-up of a key is built now, query and connection, not while the first flood of requests waits for it.
            await keys.FindAsync(new byte[SHA256.HashSizeInBytes], cancellationToken);
        }
        catch (Exception failure) when (PostgresMigrator.IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"PostgreSQL: {failure.GetBaseException().Message}";
        }
        catch (Exception failure) when (ClickHouseStore.IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"ClickHouse: {failure.Message}";
        }

        ready.Open();
        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? told = null;
        try
        {
            while (await TryAsync(stoppingToken) is { } problem)
            {
                if (problem != told) Log.StoreAway(logger, problem, RetryDelay.TotalSeconds);
                told = problem;
                await Task.Delay(RetryDelay, clock, stoppingToken);
            }

            if (told is null) return;
            Log.StoresBack(logger);
            banner.Print();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops: nothing to prepare any more.
        }
        catch (Exception failure)
        {
            Failure = failure;
            lifetime.StopApplication();
        }
    }

    /// <summary>A later attempt repeats steps that are done: no news.</summary>
    private void TellOnce(string step)
    {
        if (_told.Add(step)) progress.Report(step);
    }

    private async Task<string?> FindMissingAsync(CancellationToken cancellationToken) =>
        await postgres.FindProblemAsync(cancellationToken) ?? await clickHouse.FindProblemAsync(cancellationToken);

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var held = await postgres.LockAsync(cancellationToken);
        await postgres.MigrateAsync(cancellationToken);
        TellOnce("PostgreSQL is up to date");
        await clickHouse.MigrateAsync(acquireLock: null, cancellationToken);
        TellOnce("ClickHouse is up to date");
        jobs.Install();
        await postgres.AllowSchemaAsync(JobStorageSource.Schema, cancellationToken);
        await prices.RunAsync(cancellationToken);
        TellOnce("The price book is up to date");
        await bootstrap.RunAsync(cancellationToken);
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for the stores, trying again every {Seconds} s. {Problem}")]
    public static partial void StoreAway(ILogger logger, string problem, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Both stores are there and up to date")]
    public static partial void StoresBack(ILogger logger);
}
