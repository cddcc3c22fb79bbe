using System.Net;
using System.Net.Sockets;
using FinOps.Domain.Outbound;

namespace FinOps.Analytics.Outbound;

/// <summary>A name that leads into the own network.</summary>
public sealed class InternalAddressException() : Exception("It leads to an internal address, which is refused.");

/// <summary>
/// Connects to addresses that people name. They are looked at where the connection is made: a name is resolved once, and what was found is what is connected to, so that no name can lead into the own network.
/// Through no proxy: behind one, the address that is connected to would be the proxy's.
/// </summary>
public static class GuardedConnection
{
    /// <summary>Follows no redirects and keeps no cookies.</summary>
    /// <param name="mayBeInternal">Whether an operator allowed this host to have this internal address.</param>
    public static SocketsHttpHandler NewHandler(Func<string, IPAddress, bool> mayBeInternal) => new()
    {
        SslOptions = WholeChains.NewOptions(),
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context, mayBeInternal, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, Func<string, IPAddress, bool> mayBeInternal, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = Array.FindAll(await Dns.GetHostAddressesAsync(host, cancellationToken), one => !InternalAddresses.Contains(one) || mayBeInternal(host, one));
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
}
