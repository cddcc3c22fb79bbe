using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.PriceChecks;

public static class PriceCheckServiceRegistration
{
    /// <summary>Registers <see cref="CrossCheckPrices"/>, who starts it and who reads what it found; an <c>IBackgroundJobClient</c> in the container starts it at once.</summary>
    public static IServiceCollection AddPriceChecks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PriceCheckOptions>()
            .Bind(configuration.GetSection(PriceCheckOptions.Section))
            .Validate(options => options.IsValid, PriceCheckOptions.Problem)
            .ValidateOnStart();
        services.AddTransient<CrossCheckPrices>();
        services.AddSingleton<PriceCheckReader>();
        services.AddSingleton<StartPriceCheck>();
        return services;
    }
}
