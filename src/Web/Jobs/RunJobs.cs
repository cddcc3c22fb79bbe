using FinOps.Analytics.Stores.Postgres;
using Hangfire;
using Hangfire.AspNetCore;

namespace FinOps.Web.Jobs;

/// <summary>Runs the Hangfire server from the moment the stores are ready; later outages are Hangfire's own to retry.</summary>
internal sealed class RunJobs(
    JobStorageSource source, IServiceScopeFactory scopes, ILoggerFactory loggers, IEnumerable<RecurringJobs> schedules, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    /// <summary>Few: the jobs wait for ClickHouse most of the time, and each worker holds a connection.</summary>
    private const int Workers = 2;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(4);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var storage = await source.WaitAsync(stoppingToken);
        GlobalConfiguration.Configuration.UseLogProvider(new AspNetCoreLogProvider(loggers));
        await ScheduleAsync(
            () =>
            {
                foreach (var schedule in schedules) schedule.Schedule(new RecurringJobManager(storage));
            },
            clock, loggers.CreateLogger<RunJobs>(), stoppingToken);

        var options = new BackgroundJobServerOptions
        {
            WorkerCount = Workers,
            Activator = new AspNetCoreJobActivator(scopes),
            SchedulePollingInterval = TimeSpan.FromSeconds(1),
            ShutdownTimeout = StopTimeout,
            StopTimeout = StopTimeout,
            CancellationCheckInterval = TimeSpan.FromSeconds(2),
        };
        using var server = new BackgroundJobServer(options, storage);
        await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        server.SendStop();
        await server.WaitForShutdownAsync(CancellationToken.None);
    }

    /// <summary>The store may go away between being ready and this. Scheduling a job again changes nothing, so it is simply repeated.</summary>
    internal static async Task ScheduleAsync(Action schedule, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                schedule();
                return;
            }
            catch (Exception failure) when (PostgresMigrator.IsAway(failure))
            {
                Log.NotScheduled(logger, failure, RetryDelay.TotalSeconds);
                await Task.Delay(RetryDelay, clock, cancellationToken);
            }
        }
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The recurring jobs could not be scheduled, trying again in {Seconds} s")]
    public static partial void NotScheduled(ILogger logger, Exception failure, double seconds);
}

/// <summary>A feature's recurring jobs; registered by the feature, scheduled when the stores are ready.</summary>
internal sealed record RecurringJobs(Action<IRecurringJobManager> Schedule);
