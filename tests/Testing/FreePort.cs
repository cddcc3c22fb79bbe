using System.Net;
using System.Net.Sockets;

namespace FinOps.Testing;

public static class FreePort
{
    /// <summary>A port of the loopback address that nobody uses now.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
