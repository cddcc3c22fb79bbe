using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Digests;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: a digest could not be written; the next run tries again")]
    public static partial void NotWritten(ILogger logger, Exception failure, TenantId tenant);
}
