namespace FinOps.Web.Channels;

/// <summary>No addresses, no recipients and no texts: a message is told by its id, what was answered by its status; the channel's log has the rest.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {Id}: try {Tries} failed with status {Status}, the next in {Seconds:0} s")]
    public static partial void TriedInVain(ILogger logger, Guid id, int tries, int status, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {Id} is given up after {Tries} tries, the last with status {Status}")]
    public static partial void GivenUp(ILogger logger, Guid id, int tries, int status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {Id} was dealt with after its lease was over: another sender may send it, too")]
    public static partial void LeaseOver(ILogger logger, Guid id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The messages to channels cannot be read: {Problem}")]
    public static partial void StoreAway(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "A round of the messages to channels failed")]
    public static partial void RoundFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {Id} failed; it is tried again when its lease is over")]
    public static partial void MessageFailed(ILogger logger, Exception failure, Guid id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A mail goes out without its chart: {Problem}")]
    public static partial void WithoutChart(ILogger logger, string problem);
}
