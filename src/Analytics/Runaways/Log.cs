using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Runaways;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "This process watches the calls of all tenants for runaways")]
    public static partial void Leading(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Watching calls was interrupted and goes on in {Seconds} s")]
    public static partial void TurnFailed(ILogger logger, Exception failure, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: its calls could not be watched; the next turn tries again")]
    public static partial void NotWatched(ILogger logger, Exception failure, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: {Alerts} alerts of runaways raised")]
    public static partial void Raised(ILogger logger, TenantId tenant, int alerts);
}
