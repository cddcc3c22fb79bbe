using FinOps.Analytics.Detection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Runaways;

public static class RunawayServiceRegistration
{
    /// <summary>Registers what is told of detection; <paramref name="runsJobs"/> also starts the loop that watches calls (roles jobs and all). Needs <c>AddPostgres</c>, <c>AddClickHouse</c> and <c>AddSpend</c>.</summary>
    public static IServiceCollection AddRunaways(this IServiceCollection services, IConfiguration configuration, bool runsJobs)
    {
        services.AddOptions<RunawayWatchOptions>()
            .Bind(configuration.GetSection(RunawayWatchOptions.Section))
            .Validate(options => options.IsValid, RunawayWatchOptions.Problem)
            .ValidateOnStart();
        services.AddSingleton<DetectionBook>();
        if (!runsJobs) return services;
        services.AddSingleton<WatcherLease>();
        services.AddHostedService<WatchCalls>();
        return services;
    }
}
