using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FinOps.Analytics.Stores.ClickHouse;

public static class ClickHouseServiceRegistration
{
    /// <summary>
    /// Registers <see cref="ClickHouseStore"/> and <see cref="ClickHouseMigrator"/>. Limits come from <c>FinOps:ClickHouse</c>, the connection string from
    /// <c>FINOPS_CLICKHOUSE</c>; <paramref name="configure"/> comes last, for the address of an embedded engine.
    /// </summary>
    public static IServiceCollection AddClickHouse(
        this IServiceCollection services, IConfiguration configuration, Action<ClickHouseOptions>? configure = null)
    {
        services.AddOptions<ClickHouseOptions>()
            .Bind(configuration.GetSection(ClickHouseOptions.Section))
            .Configure(options =>
            {
                if (configuration["FINOPS_CLICKHOUSE"] is { Length: > 0 } connection) options.ConnectionString = connection;
                if (configuration["FINOPS_CLICKHOUSE_APP"] is { Length: > 0 } app) options.AppConnectionString = app;
                configure?.Invoke(options);
            });
        services.TryAddSingleton<ClickHouseStore>();
        services.TryAddSingleton<ClickHouseMigrator>();
        return services;
    }
}
