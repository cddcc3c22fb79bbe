using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.PriceChecks;

public static class PriceCheckServiceRegistration
{
    /// <summary>Registers <see cref="CrossCheckPrices"/> and who reads what it found.</summary>
    public static IServiceCollection AddPriceChecks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PriceCheckOptions>()
            .Bind(configuration.GetSection(PriceCheckOptions.Section))
            .Validate(options => options.IsValid, PriceCheckOptions.Problem)
            .ValidateOnStart();
        services.AddTransient<CrossCheckPrices>();
        services.AddSingleton<PriceCheckReader>();
        return services;
    }
}
