using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Deletion;

public static class DeletionServiceRegistration
{
    /// <summary>Registers what deletions need. Needs <c>AddClickHouse</c> and <c>AddPostgres</c>; an <c>IBackgroundJobClient</c> in the container starts their jobs at once.</summary>
    public static IServiceCollection AddDeletion(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DeletionOptions>()
            .Bind(configuration.GetSection(DeletionOptions.Section))
            .Validate(o => o is { WaitSeconds: >= 1, SweepDays: >= 1 }, $"{DeletionOptions.Section}: a limit is too small.")
            .ValidateOnStart();
        services.AddSingleton<TenantDeletions>();
        services.AddSingleton<UserErasures>();
        services.AddSingleton<DeleteAccount>();
        services.AddTransient<DeleteTenant>();
        services.AddTransient<FinishDeletions>();
        services.AddTransient<EraseUser>();
        services.AddTransient<FinishErasures>();
        return services;
    }
}
