using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.PriceChecks;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Compared {Compared} prices with {Source}: {Gaps} differ.")]
    public static partial void PricesCompared(ILogger logger, string source, int compared, int gaps);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The second price list {Source} could not be compared: {Problem} Differences found before stay.")]
    public static partial void SecondListNotRead(ILogger logger, string source, string problem);
}
