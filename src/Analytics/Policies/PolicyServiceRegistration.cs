using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Policies;

public static class PolicyServiceRegistration
{
    /// <summary>Registers policies, agents and what they are sent. Needs <c>AddPostgres</c>, <c>AddSpend</c> and Data Protection.</summary>
    /// <param name="servesAgents">Agents wait at this process for new bundles, so it follows them.</param>
    public static IServiceCollection AddPolicies(this IServiceCollection services, IConfiguration configuration, bool servesAgents)
    {
        services.AddOptions<PolicyOptions>().Bind(configuration.GetSection(PolicyOptions.Section)).Validate(options => options.IsValid, PolicyOptions.Problem).ValidateOnStart();
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<BundleHeads>();
        services.AddSingleton<PublishBundle>();
        services.AddSingleton<PolicyBook>();
        services.AddSingleton<GatewayKeyBook>();
        services.AddSingleton<AgentBook>();
        services.AddSingleton<WatchAgents>();
        services.AddTransient<SendPrices>();
        services.AddSingleton<PolicyPreviewReader>();
        if (servesAgents) services.AddHostedService(provider => provider.GetRequiredService<BundleHeads>());
        return services;
    }
}
