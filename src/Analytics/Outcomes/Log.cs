using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Outcomes;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "What tenants count as outcomes could not be read; the last known definitions go on")]
    public static partial void DefinitionsNotRead(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "More than {Limit} outcomes are defined; those beyond count nothing")]
    public static partial void TooManyDefinitions(ILogger logger, int limit);
}
