using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Quotas;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Quotas cannot be read; the last known ones go on")]
    public static partial void QuotasNotRead(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "More than {Rows} limits are set for tenants; for the rest the defaults hold")]
    public static partial void TooManyQuotas(ILogger logger, int rows);
}
