using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Anomalies;

public static class AnomalyServiceRegistration
{
    /// <summary>Registers the job that judges spend. Needs <c>AddPostgres</c>, <c>AddClickHouse</c>, <c>AddSpend</c> and <c>AddRunaways</c>.</summary>
    public static IServiceCollection AddAnomalies(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AnomalyWatchOptions>()
            .Bind(configuration.GetSection(AnomalyWatchOptions.Section))
            .Validate(options => options.IsValid, AnomalyWatchOptions.Problem)
            .ValidateOnStart();
        services.AddTransient<JudgeSpend>();
        return services;
    }
}
