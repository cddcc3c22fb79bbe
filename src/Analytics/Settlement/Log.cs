using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Settlement;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "This process settles the traces of all tenants")]
    public static partial void Leading(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settling was interrupted and goes on in {Seconds} s")]
    public static partial void RoundFailed(ILogger logger, Exception failure, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: trace {Trace} has more than {Limit} spans and stays as it arrived")]
    public static partial void TraceTooLarge(ILogger logger, TenantId tenant, TraceId trace, int limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "ClickHouse refused {Rows} settled rows for good: {Reason}")]
    public static partial void RowsRefused(ILogger logger, int rows, string? reason);
}
