using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FinOps.Analytics.Spend;

public static class SpendServiceRegistration
{
    /// <summary>Registers the readers of spend. Needs <c>AddClickHouse</c>.</summary>
    public static IServiceCollection AddSpend(this IServiceCollection services)
    {
        services.TryAddSingleton<SpendReader>();
        return services;
    }
}
