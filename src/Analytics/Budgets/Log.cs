using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Budgets;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: its budgets could not be evaluated; the next minute tries again")]
    public static partial void NotEvaluated(ILogger logger, Exception failure, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: what its budgets end with could not be foretold; the next run tries again")]
    public static partial void NotForecast(ILogger logger, Exception failure, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: {Alerts} alerts of budgets raised")]
    public static partial void Raised(ILogger logger, TenantId tenant, int alerts);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: what the budget {Budget} has spent could not be asked; leases go by what was known last")]
    public static partial void SpendUnknown(ILogger logger, Exception failure, TenantId tenant, Guid budget);
}
