using FinOps.Analytics.Focus;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Commitments;

public static class CommitmentServiceRegistration
{
    /// <summary>Registers commitments and their use. Needs <c>AddPostgres</c>, <c>AddClickHouse</c>, <c>AddSpend</c> and billing currencies.</summary>
    public static IServiceCollection AddCommitments(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<CommitmentOptions>()
            .Bind(configuration.GetSection(CommitmentOptions.Section))
            .Validate(o => o.MaxCommitments >= 1, $"{CommitmentOptions.Section}:{nameof(CommitmentOptions.MaxCommitments)} must be at least 1.")
            .ValidateOnStart();
        services.AddSingleton<Commitments>();
        services.AddSingleton<CommitmentReader>();
        services.AddSingleton<IFocusRows>(provider => new CommitmentRows(provider.GetRequiredService<CommitmentReader>()));
        return services;
    }
}
