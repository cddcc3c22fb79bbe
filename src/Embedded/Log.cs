using Microsoft.Extensions.Logging;

namespace FinOps.Embedded;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Engine} is ready after {Seconds:0.0} s")]
    public static partial void EngineReady(ILogger logger, string engine, double seconds);

    [LoggerMessage(2, LogLevel.Warning, "{Engine} did not start at attempt {Attempt}")]
    public static partial void StartAttemptFailed(ILogger logger, string engine, int attempt, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "{Engine} ended unexpectedly (code {ExitCode}); it is started again in {DelaySeconds:0.0} s")]
    public static partial void EngineDied(ILogger logger, string engine, int exitCode, double delaySeconds);

    [LoggerMessage(4, LogLevel.Warning, "{Engine} was started again on the same ports")]
    public static partial void EngineRestarted(ILogger logger, string engine);

    [LoggerMessage(5, LogLevel.Error, "{Engine} could not be started again")]
    public static partial void RestartFailed(ILogger logger, string engine, Exception failure);

    [LoggerMessage(6, LogLevel.Warning, "{Engine} did not stop within {Seconds} s and was ended hard")]
    public static partial void StoppedHard(ILogger logger, string engine, int seconds);
}
