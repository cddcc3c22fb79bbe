using Microsoft.Extensions.Logging;

namespace FinOps.Ingest;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Keys cannot be looked up. Known ones go on for a while, unknown ones are told to come back.")]
    public static partial void KeyStoreAway(this ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Keys can be looked up again.")]
    public static partial void KeyStoreBack(this ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "More keys than MaxEntries ({MaxEntries}) were seen; some were forgotten and will be looked up again.")]
    public static partial void KeysForgotten(this ILogger log, int maxEntries);

    [LoggerMessage(Level = LogLevel.Warning, Message = "When {Keys} keys were last used could not be written.")]
    public static partial void KeyUseNotRecorded(this ILogger log, Exception exception, int keys);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Rows} ingest counters could not be written; they are kept and tried again.")]
    public static partial void EventsNotWritten(this ILogger log, Exception exception, int rows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What tenants keep, and the values of their tags, cannot be looked up; the last known ones go on.")]
    public static partial void TenantsNotFollowed(this ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request of {Signal} could not be read because of a fault of ours.")]
    public static partial void ReceiveFailed(this ILogger log, Exception exception, Health.IngestSignal signal);

    [LoggerMessage(Level = LogLevel.Error, Message = "The rows of a request of {Signal} could not be written.")]
    public static partial void WriteFailed(this ILogger log, Exception exception, Health.IngestSignal signal);
}
