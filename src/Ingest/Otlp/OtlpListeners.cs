using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FinOps.Ingest.Otlp;

public static class OtlpListeners
{
    /// <summary>Marks the connections of an OTLP port, so that it serves telemetry and health checks and nothing else, whatever its number.</summary>
    public static void ServeOnlyOtlp(this ListenOptions endpoint) => endpoint.Use(next => connection =>
    {
        connection.Features.Set(OtlpConnection.Instance);
        return next(connection);
    });
}

/// <summary>The connection came in on an OTLP port.</summary>
internal sealed class OtlpConnection
{
    public static OtlpConnection Instance { get; } = new();
}
