using FinOps.Domain.Samples;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Samples;

public static class SampleServiceRegistration
{
    /// <summary>Registers what sets and opens samples of prompts and answers. Needs <c>AddPostgres</c>, <c>AddClickHouse</c>, <c>AddSpend</c> and Data Protection.</summary>
    /// <param name="takesTelemetry">This process seals them, too (<see cref="ISampleSource"/>), and so follows which projects have opted in.</param>
    public static IServiceCollection AddSamples(this IServiceCollection services, IConfiguration configuration, bool takesTelemetry)
    {
        services.AddOptions<SampleOptions>().Bind(configuration.GetSection(SampleOptions.Section))
            .Validate(options => options.RefreshSeconds is >= 1 and <= 60, $"{SampleOptions.Section}:{nameof(SampleOptions.RefreshSeconds)} must be 1 to 60.")
            .ValidateOnStart();
        services.AddSingleton<SampleKeyProtection>();
        services.AddSingleton<SampleSettings>();
        services.AddSingleton<SamplesReader>();
        if (!takesTelemetry) return services;
        services.AddSingleton<SampleBook>();
        services.AddSingleton<ISampleSource>(provider => provider.GetRequiredService<SampleBook>());
        services.AddHostedService(provider => provider.GetRequiredService<SampleBook>());
        return services;
    }
}
