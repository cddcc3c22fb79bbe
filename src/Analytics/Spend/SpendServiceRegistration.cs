using FinOps.Analytics.Calls;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Focus;
using FinOps.Analytics.Forecasts;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Units;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FinOps.Analytics.Spend;

public static class SpendServiceRegistration
{
    /// <summary>Registers the readers of spend, calls and ingest health. Needs <c>AddClickHouse</c>, <c>AddPrices</c>, <c>AddRetention</c> and <c>AddBills</c>.</summary>
    public static IServiceCollection AddSpend(this IServiceCollection services)
    {
        services.TryAddSingleton<SpendReader>();
        services.TryAddSingleton<UnitCostReader>();
        services.TryAddSingleton<GpuReader>();
        services.TryAddSingleton<ChangeReader>();
        services.TryAddSingleton<ForecastReader>();
        services.TryAddSingleton<CallsReader>();
        services.TryAddSingleton<LineReader>();
        services.TryAddSingleton<FocusReader>();
        services.TryAddSingleton<BillingCurrencies>();
        services.TryAddSingleton<IngestHealthReader>();
        services.TryAddSingleton<StoredBytesReader>();
        services.TryAddSingleton<TenantUsageReader>();
        return services;
    }
}
