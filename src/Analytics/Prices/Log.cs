using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Prices;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Imported prices of {Source} {Version}: {Added} rows added, {Superseded} superseded.")]
    public static partial void PricesImported(ILogger logger, string source, string version, int added, int superseded);

    [LoggerMessage(Level = LogLevel.Information, Message = "Rating with {Book}: {Rows} rows, and own prices of {Tenants} tenants.")]
    public static partial void PricesLoaded(ILogger logger, string book, int rows, int tenants);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The price book could not be read; the prices known so far stay in use.")]
    public static partial void PricesNotRead(ILogger logger, Exception failure);
}
