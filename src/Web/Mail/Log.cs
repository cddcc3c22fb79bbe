namespace FinOps.Web.Mail;

/// <summary>No recipients and no texts: a mail is told by its id.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Mail {Mail}: try {Tries} failed, the next in {Seconds:0} s. {Reason}")]
    public static partial void TriedInVain(ILogger logger, Guid mail, int tries, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Mail {Mail} is given up after {Tries} tries. {Reason}")]
    public static partial void GivenUp(ILogger logger, Guid mail, int tries, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Mail {Mail} was sent after its lease was over: another sender may send it, too")]
    public static partial void LeaseOver(ILogger logger, Guid mail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outbox cannot be read: {Problem}")]
    public static partial void StoreAway(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "A round of the outbox failed")]
    public static partial void RoundFailed(ILogger logger, Exception failure);
}
