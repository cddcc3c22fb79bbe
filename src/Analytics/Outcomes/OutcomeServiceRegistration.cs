using FinOps.Domain.Outcomes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Outcomes;

public static class OutcomeServiceRegistration
{
    /// <summary>Registers definitions of outcomes, and what stores outcomes told by REST. Needs <c>AddPostgres</c> and <c>AddClickHouse</c>.</summary>
    /// <param name="takesTelemetry">This process finds them in telemetry, too (<see cref="IOutcomeSource"/>), and so follows the definitions.</param>
    public static IServiceCollection AddOutcomes(this IServiceCollection services, IConfiguration configuration, bool takesTelemetry)
    {
        services.AddOptions<OutcomeOptions>().Bind(configuration.GetSection(OutcomeOptions.Section))
            .Validate(options => options.RefreshSeconds is >= 1 and <= 60, $"{OutcomeOptions.Section}:{nameof(OutcomeOptions.RefreshSeconds)} must be 1 to 60.")
            .ValidateOnStart();
        services.AddSingleton<OutcomeDefinitions>();
        services.AddSingleton<TellOutcomes>();
        if (!takesTelemetry) return services;
        services.AddSingleton<OutcomeBook>();
        services.AddSingleton<IOutcomeSource>(provider => provider.GetRequiredService<OutcomeBook>());
        services.AddHostedService(provider => provider.GetRequiredService<OutcomeBook>());
        return services;
    }
}
