namespace FinOps.Gateway;

/// <summary>What the gateway says. Never a prompt, an answer or a key.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Ready after {Milliseconds} ms: {Providers} providers, {Keys} keys, calls at http://{Listen}, health and metrics at {Admin}")]
    public static partial void Ready(ILogger logger, long milliseconds, int providers, int keys, string listen, string admin);

    [LoggerMessage(2, LogLevel.Warning, "A report was not taken ({Status}); it is kept or counted as dropped")]
    public static partial void ReportRefused(ILogger logger, int status);

    [LoggerMessage(3, LogLevel.Warning, "Reports cannot be sent and are kept: {Reason}")]
    public static partial void ReportDelayed(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Error, "A report cannot be kept on disk, and waits in memory while there is room: {Reason}")]
    public static partial void ReportNotKept(ILogger logger, string reason);

    [LoggerMessage(20, LogLevel.Error, "A report cannot be read from the disk and is lost: {Reason}")]
    public static partial void ReportUnreadable(ILogger logger, string reason);

    [LoggerMessage(21, LogLevel.Error, "A report that is done with cannot be removed from the disk, and is sent once more after a restart: {Reason}")]
    public static partial void ReportNotRemoved(ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Error, "A call failed inside the gateway")]
    public static partial void CallFailed(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "{Provider} cannot be reached: {Reason}")]
    public static partial void Unreachable(ILogger logger, string provider, string reason);

    [LoggerMessage(7, LogLevel.Information, "Policies of version {Version} are obeyed: {Count} of them")]
    public static partial void PoliciesTaken(ILogger logger, long version, int count);

    [LoggerMessage(8, LogLevel.Error, "Policies are refused, and those before go on: {Reason}")]
    public static partial void PoliciesRefused(ILogger logger, string reason);

    [LoggerMessage(9, LogLevel.Warning, "The disk part of the cache failed and is off: {Reason}")]
    public static partial void CacheDiskFailed(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Information, "Enrolled at the control plane as {Name}")]
    public static partial void Enrolled(ILogger logger, string name);

    [LoggerMessage(11, LogLevel.Error, "The control plane does not enrol this gateway ({Status}): make a new token on the page Agents")]
    public static partial void NotEnrolled(ILogger logger, int status);

    [LoggerMessage(12, LogLevel.Warning, "The control plane cannot be reached; what is obeyed goes on: {Reason}")]
    public static partial void ControlPlaneAway(ILogger logger, string reason);

    [LoggerMessage(13, LogLevel.Error, "The control plane refuses this gateway ({Status}): it may have been revoked on the page Agents")]
    public static partial void ControlPlaneRefuses(ILogger logger, int status);

    [LoggerMessage(30, LogLevel.Warning, "The control plane does not answer about leases of a budget; the last one goes on as its policy says: {Reason}")]
    public static partial void NoLease(ILogger logger, string reason);

    [LoggerMessage(31, LogLevel.Error, "The policy {Policy} draws on the budget {Budget}, which the control plane does not know; it is enforced as if the control plane were away")]
    public static partial void NoSuchBudget(ILogger logger, string policy, string budget);

    [LoggerMessage(32, LogLevel.Error, "What was spent of leases and is not told yet cannot be kept on disk, or read from it: {Reason}")]
    public static partial void WordsNotKept(ILogger logger, string reason);

    [LoggerMessage(22, LogLevel.Error, "This gateway is enrolled, and its identity could not be kept on disk; that is tried again, and until then a restart needs a new token: {Reason}")]
    public static partial void IdentityNotKept(ILogger logger, string reason);

    [LoggerMessage(14, LogLevel.Error, "The bundle is obeyed, and could not be kept on disk: {Reason}")]
    public static partial void BundleNotKept(ILogger logger, string reason);
}
