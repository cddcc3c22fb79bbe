using FinOps.Domain.Pricing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Prices;

public static class PriceServiceRegistration
{
    /// <summary>Registers the price book: <see cref="IPriceSource"/>, followed in the background, <see cref="IPriceHistory"/>, and <see cref="ImportPrices"/>, to be run after the migrations.</summary>
    public static IServiceCollection AddPrices(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PriceOptions>()
            .Bind(configuration.GetSection(PriceOptions.Section))
            .Validate(options => options.IsValid, PriceOptions.Problem)
            .ValidateOnStart();
        services.AddSingleton<ImportPrices>();
        services.AddSingleton<EditPrices>();
        services.AddSingleton<PriceBookReader>();
        services.AddSingleton<PriceUses>();
        services.AddSingleton<PostgresPriceSource>();
        services.AddSingleton<IPriceSource>(provider => provider.GetRequiredService<PostgresPriceSource>());
        services.AddSingleton<IPriceHistory, PriceHistory>();
        services.AddHostedService(provider => provider.GetRequiredService<PostgresPriceSource>());
        return services;
    }
}
