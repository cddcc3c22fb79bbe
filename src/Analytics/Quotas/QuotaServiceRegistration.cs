using FinOps.Analytics.Installation;
using FinOps.Domain.Quotas;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Quotas;

public static class QuotaServiceRegistration
{
    /// <summary>Registers the limits of tenants (<see cref="IQuotaSource"/>, followed in the background) and what sets them. Needs <c>AddPostgres</c>.</summary>
    public static IServiceCollection AddQuotas(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<QuotaOptions>().Bind(configuration.GetSection(QuotaOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<QuotaOptions>, ValidateQuotas>();
        services.AddSingleton<TenantQuotas>();
        services.AddSingleton<QuotaBook>();
        services.TryAddSingleton<IQuotaSource>(provider => provider.GetRequiredService<QuotaBook>());
        services.AddSingleton<QueryGate>();
        services.TryAddSingleton<StoredBytesReader>();
        services.TryAddSingleton<QuotaUsageReader>();
        services.TryAddSingleton<ITenantHoldings, TenantHoldings>();
        services.AddHostedService(provider => provider.GetRequiredService<QuotaBook>());
        return services;
    }

    /// <summary>Names each key that cannot be, so that the start stops with it.</summary>
    private sealed class ValidateQuotas : IValidateOptions<QuotaOptions>
    {
        public ValidateOptionsResult Validate(string? name, QuotaOptions options) =>
            options.Problems().ToList() is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
