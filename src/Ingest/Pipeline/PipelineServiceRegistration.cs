using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FinOps.Ingest.Pipeline;

public static class PipelineServiceRegistration
{
    /// <summary>
    /// Registers <see cref="IRowWriter"/> and <see cref="RowBatchPool"/>; needs <c>AddClickHouse</c>. <paramref name="spoolDirectory"/> applies where
    /// <c>FinOps:Ingest:Pipeline:SpoolDirectory</c> names none.
    /// </summary>
    public static IServiceCollection AddPipeline(this IServiceCollection services, IConfiguration configuration, string spoolDirectory)
    {
        services.AddOptions<PipelineOptions>()
            .Bind(configuration.GetSection(PipelineOptions.Section))
            .PostConfigure(options =>
            {
                if (options.SpoolDirectory.Length == 0) options.SpoolDirectory = spoolDirectory;
            });
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RowBatchPool>();
        services.TryAddSingleton<BatchingRowWriter>();
        services.TryAddSingleton<IRowWriter>(provider => provider.GetRequiredService<BatchingRowWriter>());
        services.AddHostedService(provider => provider.GetRequiredService<BatchingRowWriter>());
        return services;
    }
}
