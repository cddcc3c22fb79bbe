using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using FinOps.Ingest.Otlp;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace FinOps.Web.Roles;

/// <summary>The ports of a role, and what is spoken on each.</summary>
internal static class Listeners
{
    private sealed record Listener(string Key, int Port, HttpProtocols Protocols, bool OnlyOtlp = false);

    /// <summary>Tells a busy port before anything else is started, by the variable that moves it.</summary>
    public static void RequireFreePorts(StartOptions start)
    {
        foreach (var listener in Of(start))
        {
            using var probe = new TcpListener(new IPEndPoint(start.Bind, listener.Port));
            try
            {
                probe.Start();
            }
            catch (SocketException failure)
            {
                throw new StartException(
                    failure.SocketErrorCode == SocketError.AddressAlreadyInUse
                        ? $"Port {listener.Port} on {start.Bind} is in use. Set {listener.Key} to a free one."
                        : $"Port {listener.Port} on {start.Bind} cannot be opened ({failure.Message}). See {listener.Key} and FINOPS_BIND.",
                    failure);
            }
        }
    }

    /// <exception cref="StartException">The certificate cannot be read.</exception>
    public static void ListenFor(this WebApplicationBuilder builder, StartOptions start)
    {
        var certificate = start.Tls is { } tls ? new TlsCertificate(tls, TimeProvider.System, Console.Error) : null;
        builder.WebHost.ListenFor(start, certificate);
    }

    private static void ListenFor(this ConfigureWebHostBuilder host, StartOptions start, TlsCertificate? certificate) => host
        // Container images set ASPNETCORE_HTTP_PORTS; the FINOPS_ variables alone decide.
        .UseSetting(WebHostDefaults.HttpPortsKey, "")
        .UseSetting(WebHostDefaults.HttpsPortsKey, "")
        .UseSetting(WebHostDefaults.ServerUrlsKey, "")
        .ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var listener in Of(start))
            {
                kestrel.Listen(start.Bind, listener.Port, endpoint =>
                {
                    endpoint.Protocols = listener.Protocols;
                    if (certificate is not null) endpoint.UseTls(certificate);
                    if (listener.OnlyOtlp) endpoint.ServeOnlyOtlp();
                });
            }
        });

    private static void UseTls(this ListenOptions endpoint, TlsCertificate certificate) => endpoint.UseHttps(new TlsHandshakeCallbackOptions
    {
        // New each time: Kestrel writes into it what is spoken on this very port.
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }),
    });

    private static IEnumerable<Listener> Of(StartOptions start)
    {
        if (start.Role == ServerRole.Migrate) yield break;
        yield return new Listener("FINOPS_HTTP_PORT", start.HttpPort, HttpProtocols.Http1);
        if (!start.Role.TakesTelemetry()) yield break;
        yield return new Listener("FINOPS_OTLP_HTTP_PORT", start.OtlpHttpPort, HttpProtocols.Http1, OnlyOtlp: true);
        // Without TLS there is no negotiation: gRPC exporters open with HTTP/2 at once.
        yield return new Listener("FINOPS_OTLP_GRPC_PORT", start.OtlpGrpcPort, HttpProtocols.Http2, OnlyOtlp: true);
    }
}
