using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FinOps.Ingest.Otlp;

/// <summary>Opens the OTLP ports and marks their connections, so that they serve telemetry and nothing else, whatever their numbers.</summary>
public static class OtlpListeners
{
    public static void ListenForOtlp(this KestrelServerOptions kestrel, OtlpListenOptions listen)
    {
        if (listen.GrpcPort is { } grpcPort) kestrel.Listen(listen.Bind, grpcPort, endpoint => Configure(endpoint, HttpProtocols.Http2));
        if (listen.HttpPort is { } httpPort) kestrel.Listen(listen.Bind, httpPort, endpoint => Configure(endpoint, HttpProtocols.Http1));
    }

    private static void Configure(ListenOptions endpoint, HttpProtocols protocols)
    {
        endpoint.Protocols = protocols;
        endpoint.Use(next => connection =>
        {
            connection.Features.Set(OtlpConnection.Instance);
            return next(connection);
        });
    }
}

/// <summary>The connection came in on an OTLP port.</summary>
internal sealed class OtlpConnection
{
    public static OtlpConnection Instance { get; } = new();
}
