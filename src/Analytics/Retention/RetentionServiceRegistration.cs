using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Retention;

public static class RetentionServiceRegistration
{
    /// <summary>Registers what retention needs. Needs <c>AddClickHouse</c> and <c>AddPostgres</c>.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetentionOptions>()
            .Bind(configuration.GetSection(RetentionOptions.Section))
            .Validate(o => o.Defaults.FindProblem() is null, $"{RetentionOptions.Section}: a number of days is out of its limits (docs/retention.md), or {nameof(RetentionOptions.SumDays)} is less than {nameof(RetentionOptions.CallDays)}.")
            .Validate(o => o is { UndoHours: >= 0, ClosedMinutes: >= 0, WaitSeconds: >= 1 }, $"{RetentionOptions.Section}: a time is negative.")
            .Validate(o => o.MaxTenantsPerStatement is >= 1 and <= 5_000, $"{RetentionOptions.Section}:{nameof(RetentionOptions.MaxTenantsPerStatement)} must be 1 to 5000.")
            .ValidateOnStart();
        services.AddSingleton<Retentions>();
        services.AddTransient<ApplyRetention>();
        return services;
    }
}
