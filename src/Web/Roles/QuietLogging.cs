using Microsoft.Extensions.Configuration.Memory;

namespace FinOps.Web.Roles;

internal static class QuietLogging
{
    /// <summary>Defaults below every other source, so that <c>Logging__LogLevel__…</c> changes any of them.</summary>
    private static readonly Dictionary<string, string?> Levels = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System"] = "Warning",
        ["Logging:LogLevel:Hangfire"] = "Warning",
        ["Logging:LogLevel:Npgsql"] = "Warning",
        ["Logging:LogLevel:ClickHouse"] = "Warning",
        // EF Core tells each failed command, and then throws what the caller tells better.
        ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "Critical",
        // At the start it tells that no key is there yet; a key that cannot be read fails the request that needs it.
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
    };

    /// <summary>One line an event.</summary>
    public static void LogQuietly(this WebApplicationBuilder builder)
    {
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = Levels });
        builder.Logging.ClearProviders().AddOneLineConsole();
    }

    /// <summary>For the time before the server is built: the start's progress tells the engines' good news itself.</summary>
    public static ILoggerFactory ForTheStart() =>
        LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddOneLineConsole());

    private static ILoggingBuilder AddOneLineConsole(this ILoggingBuilder logging) => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.TimestampFormat = "HH:mm:ss.fff ";
        console.UseUtcTimestamp = true;
    });
}
