using FinOps.Analytics.Alerts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Budgets;

public static class BudgetServiceRegistration
{
    /// <summary>Registers budgets, their evaluation, their leases and the alert centre. Needs <c>AddPostgres</c>, <c>AddClickHouse</c>, <c>AddSpend</c> and <c>AddRetention</c>; an <c>IBackgroundJobClient</c> in the container evaluates a changed budget at once.</summary>
    public static IServiceCollection AddBudgets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<BudgetOptions>()
            .Bind(configuration.GetSection(BudgetOptions.Section))
            .Validate(options => options.IsValid, BudgetOptions.Problem)
            .ValidateOnStart();
        services.AddOptions<LeaseOptions>()
            .Bind(configuration.GetSection(LeaseOptions.Section))
            .Validate(options => options.IsValid, LeaseOptions.Problem)
            .ValidateOnStart();
        services.AddSingleton<BudgetBook>();
        services.AddSingleton<LeaseSpends>();
        services.AddSingleton<LeaseLedger>();
        services.AddSingleton<BudgetSpendReader>();
        services.AddSingleton<AlertBook>();
        services.AddTransient<EvaluateBudgets>();
        services.AddTransient<ForecastBudgets>();
        services.AddTransient<RemoveOldAlerts>();
        return services;
    }
}
