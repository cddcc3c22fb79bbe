using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Anomalies;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: its spend could not be judged; the next hour tries again")]
    public static partial void NotJudged(ILogger logger, Exception failure, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: {Alerts} alerts of unusual spend raised")]
    public static partial void Raised(ILogger logger, TenantId tenant, int alerts);
}
