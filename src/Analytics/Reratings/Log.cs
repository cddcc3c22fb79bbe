using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Reratings;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Re-rating {Rerating} of tenant {Tenant} is {State}: {Calls} calls looked at, {Changed} changed, {Moved} rated once more.")]
    public static partial void Came(ILogger logger, Guid rerating, TenantId tenant, ReratingState state, long calls, long changed, long moved);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A worker gave up re-rating {Rerating} of tenant {Tenant}; another one goes on after its last slice.")]
    public static partial void GaveUp(ILogger logger, Exception failure, Guid rerating, TenantId tenant);
}
