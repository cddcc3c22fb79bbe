using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Vectors;

public static class VectorServiceRegistration
{
    /// <summary>Registers prices and costs of vector databases and buckets. Needs <c>AddPostgres</c>, <c>AddClickHouse</c> and <c>AddRetention</c>.</summary>
    public static IServiceCollection AddVectors(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<VectorOptions>()
            .Bind(configuration.GetSection(VectorOptions.Section))
            .Validate(o => o is { MaxPrices: >= 1, QuietSeconds: >= 0, MaxCellsPerRun: >= 1, MaxCellsPerBatch: >= 1, MaxChangesPerBatch: >= 1, MaxOwnersPerCollection: >= 1, MaxParts: >= 1 },
                $"{VectorOptions.Section}: each limit is at least 1, {nameof(VectorOptions.QuietSeconds)} at least 0.")
            .ValidateOnStart();
        services.AddSingleton<DataStorePrices>();
        services.AddSingleton<VectorReader>();
        services.AddTransient<RebuildDataStoreCosts>();
        services.AddTransient<RebuildAllDataStoreCosts>();
        services.AddTransient<RemoveOldDataStoreCosts>();
        return services;
    }
}
