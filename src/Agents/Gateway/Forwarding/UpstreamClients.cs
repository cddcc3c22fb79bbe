using System.Net;
using System.Net.Sockets;
using System.Text;
using FinOps.Domain.Outbound;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Forwarding;

/// <summary>The address of a provider leads into the own network, and nobody has allowed it.</summary>
internal sealed class InternalAddressException() : Exception("It leads to an internal address, which is refused.");

/// <summary>Connections to providers. Addresses are looked at where the connection is made: what a name resolves to then is what is connected to.</summary>
internal sealed class UpstreamClients : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>So that a change of a provider's addresses is seen.</summary>
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);

    private readonly HttpMessageInvoker _outside = new(NewHandler(mayBeInternal: false));
    private readonly HttpMessageInvoker _inside = new(NewHandler(mayBeInternal: true));

    public HttpMessageInvoker For(Provider provider) => provider.Internal ? _inside : _outside;

    private static SocketsHttpHandler NewHandler(bool mayBeInternal) => new()
    {
        SslOptions = WholeChains.NewOptions(),
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLife,
        EnableMultipleHttp2Connections = true,
        // As the server has read them.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        // The caller's traceparent is forwarded as it is.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context, mayBeInternal, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, bool mayBeInternal, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        if (!mayBeInternal) addresses = Array.FindAll(addresses, address => !InternalAddresses.Contains(address));
        if (addresses.Length == 0) throw new InternalAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _outside.Dispose();
        _inside.Dispose();
    }
}
