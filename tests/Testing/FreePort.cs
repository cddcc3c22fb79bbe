using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FinOps.Testing;

/// <summary>
/// Ports of the loopback address for who binds them a moment later. They lie below those that the kernel gives to outgoing connections, any of which could otherwise take one in between. Of each the UDP port
/// of the same number is held until the process ends, so that no other test program chooses it, too.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int End = 32_000;
    private const int MaxTries = 1_000;

    private static readonly ConcurrentBag<Socket> Held = [];

    /// <exception cref="InvalidOperationException">None was found.</exception>
    public static int Next()
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var port = Random.Shared.Next(First, End);
            if (TryHold(port)) return port;
        }

        throw new InvalidOperationException($"No free port was found between {First} and {End}.");
    }

    private static bool TryHold(int port)
    {
        var twin = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            twin.Bind(new IPEndPoint(IPAddress.Loopback, port));
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
        }
        catch (SocketException)
        {
            twin.Dispose();
            return false;
        }

        Held.Add(twin);
        return true;
    }
}
