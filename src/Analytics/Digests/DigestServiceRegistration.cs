using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Digests;

public static class DigestServiceRegistration
{
    /// <summary>Registers subscriptions to digests and the job that writes them. Needs <c>AddPostgres</c>, <c>AddSpend</c>, <c>AddPrices</c>, <c>AddBudgets</c> and an <see cref="IDigestLetter"/>.</summary>
    public static IServiceCollection AddDigests(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DigestOptions>()
            .Bind(configuration.GetSection(DigestOptions.Section))
            .Validate(options => options.IsValid, DigestOptions.Problem)
            .ValidateOnStart();
        services.AddSingleton<DigestBook>();
        services.AddSingleton<DigestReader>();
        services.AddTransient<WriteDigests>();
        return services;
    }
}
