using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Gpus;

public static class GpuServiceRegistration
{
    /// <summary>Registers prices and costs of GPUs. Needs <c>AddPostgres</c>, <c>AddClickHouse</c> and <c>AddRetention</c>.</summary>
    public static IServiceCollection AddGpus(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GpuOptions>()
            .Bind(configuration.GetSection(GpuOptions.Section))
            .Validate(o => o is { MaxPrices: >= 1, QuietSeconds: >= 0, MaxCellsPerRun: >= 1, MaxCellsPerBatch: >= 1, MaxSamplesPerBatch: >= 1, MaxOwnersPerModel: >= 1 },
                $"{GpuOptions.Section}: each limit is at least 1, {nameof(GpuOptions.QuietSeconds)} at least 0.")
            .ValidateOnStart();
        services.AddSingleton<ResourcePrices>();
        services.AddSingleton<GpuReader>();
        services.AddTransient<RebuildDeviceCosts>();
        services.AddTransient<RebuildAllDeviceCosts>();
        services.AddTransient<RemoveOldDeviceCosts>();
        return services;
    }
}
