using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Reratings;

public static class ReratingServiceRegistration
{
    /// <summary>Registers what re-ratings need. Needs <c>AddClickHouse</c>, <c>AddPostgres</c> and <c>AddPrices</c>; an <c>IBackgroundJobClient</c> in the container starts their jobs at once.</summary>
    public static IServiceCollection AddReratings(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ReratingOptions>()
            .Bind(configuration.GetSection(ReratingOptions.Section))
            .Validate(options => options.IsValid, ReratingOptions.Problem)
            .ValidateOnStart();
        services.AddSingleton<Reratings>();
        services.AddSingleton<ReratingReader>();
        services.AddTransient<RerateCalls>();
        services.AddTransient<ResumeReratings>();
        return services;
    }
}
