using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Samples;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Which projects keep samples could not be read; the last known settings go on")]
    public static partial void SamplingNotRead(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: the key of its samples does not open, so none are kept; the installation's protecting keys are others than when it was made")]
    public static partial void KeyNotOpened(ILogger logger, Guid tenant);

    [LoggerMessage(Level = LogLevel.Error, Message = "More than {Limit} projects keep samples; those beyond keep none")]
    public static partial void TooManyProjects(ILogger logger, int limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: the sample of {Call} does not open: its key is gone, or it was changed")]
    public static partial void SampleNotOpened(ILogger logger, Guid tenant, string call);
}
