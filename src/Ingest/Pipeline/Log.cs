using FinOps.Analytics.Stores.ClickHouse;
using Microsoft.Extensions.Logging;

namespace FinOps.Ingest.Pipeline;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "ClickHouse is away ({Problem}); rows go to the spool until it is back")]
    public static partial void ClickHouseAway(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "ClickHouse takes rows again")]
    public static partial void ClickHouseBack(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A block of {Rows} rows for {Table} was not inserted: {Outcome}, code {Code}: {Message}")]
    public static partial void InsertFailed(ILogger logger, string table, int rows, InsertOutcome outcome, int code, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "A group of {Rows} rows could not be encoded; its requests were asked to try again")]
    public static partial void GroupAbandoned(ILogger logger, Exception exception, int rows);

    [LoggerMessage(Level = LogLevel.Error, Message = "An insert stream failed with {Rows} rows; their requests were asked to try again")]
    public static partial void StreamFailed(ILogger logger, Exception exception, int rows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The spool is full ({Bytes} of {MaxBytes} bytes); requests are refused until it drains")]
    public static partial void SpoolFull(ILogger logger, long bytes, long maxBytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The spool could not be written; the requests concerned were asked to try again")]
    public static partial void SpoolWriteFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The spool holds {Blocks} blocks with {Rows} rows from an earlier run")]
    public static partial void SpoolFound(ILogger logger, long blocks, long rows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Spool file {File}: {Bytes} bytes after its last whole block were cut off; they were never acknowledged")]
    public static partial void TornTail(ILogger logger, string file, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "Spool file {File} is damaged; {Bytes} bytes were set aside in the rejected folder")]
    public static partial void Damaged(ILogger logger, string file, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "ClickHouse rejects a spooled block of {Rows} rows for {Table} (code {Code}: {Message}); it was set aside as {File}")]
    public static partial void BlockRejected(ILogger logger, string table, int rows, int code, string message, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "Draining the spool failed; it is tried again")]
    public static partial void DrainFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The spool is drained")]
    public static partial void Drained(ILogger logger);
}
