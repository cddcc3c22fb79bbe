using FinOps.Ingest.Otlp;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Ingest;

public static class IngestExtensions
{
    /// <summary>The front door: endpoints, keys, limits and counters. Needs an <see cref="Domain.Tenancy.IKeyDirectory"/> and an <c>IRowWriter</c>.</summary>
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddOptions<OtlpOptions>().BindConfiguration(OtlpOptions.Section);
        return services;
    }
}
