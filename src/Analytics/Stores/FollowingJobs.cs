using System.Linq.Expressions;
using FinOps.Analytics.Stores.Postgres;
using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Stores;

/// <summary>Jobs that follow from what was just stored, and that a recurring job would find too, only later.</summary>
internal static partial class FollowingJobs
{
    /// <summary>
    /// Starts one now. What was stored stands, whatever Hangfire answers: its connections are its own, and who stored something must not hear that it failed because they are broken.
    /// </summary>
    /// <param name="services">Asked for late: Hangfire's storage opens only when PostgreSQL is there.</param>
    public static void StartSoon<T>(this IServiceProvider services, Expression<Func<T, Task>> job)
    {
        try
        {
            services.GetService<IBackgroundJobClient>()?.Enqueue(job);
        }
        catch (BackgroundJobClientException refused) when (PostgresMigrator.IsAway(refused))
        {
            if (services.GetService<ILoggerFactory>() is { } loggers) WaitsForItsTurn(loggers.CreateLogger(typeof(FollowingJobs)), refused, typeof(T).Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} could not be started at once; the recurring one does its work")]
    private static partial void WaitsForItsTurn(ILogger logger, Exception failure, string job);
}
