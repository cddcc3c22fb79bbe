using System.Net;
using System.Net.Sockets;
using ClickHouse.Driver.ADO;
using FinOps.Testing;

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>A TCP door before the real ClickHouse that a test can shut, or where it can lose the answers on their way back.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly ClickHouseConnectionStringBuilder _behind;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _open = [];
    private readonly int _port;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    private Door(ClickHouseConnectionStringBuilder behind)
    {
        _behind = behind;
        _port = FreePort.Next();
        _listener = Listen(_port);
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Requests reach ClickHouse, answers are lost: what a time-out after execution looks like.</summary>
    public bool LosesAnswers { get; set; }

    public ClickHouseConnectionStringBuilder Address => new(_behind.ConnectionString) { Host = "127.0.0.1", Port = (ushort)_port };

    public static Door Before(ClickHouseConnectionStringBuilder clickHouse) => new(clickHouse);

    /// <summary>Connections break, new ones are refused.</summary>
    public async Task ShutAsync()
    {
        _listener?.Dispose();
        _listener = null;
        lock (_open)
        {
            foreach (var socket in _open) socket.Dispose();
            _open.Clear();
        }

        await _accepting;
    }

    public void Open()
    {
        _listener = Listen(_port);
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ShutAsync();
        _stop.Dispose();
    }

    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(128);
        return listener;
    }

    private async Task AcceptAsync(Socket listener)
    {
        var pumps = new List<Task>();
        try
        {
            while (true) pumps.Add(PumpAsync(await listener.AcceptAsync(_stop.Token)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The door was shut.
        }

        await Task.WhenAll(pumps);
    }

    private async Task PumpAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (_open) _open.AddRange([client, server]);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _behind.Port);
            await Task.WhenAny(CopyAsync(client, server, () => false), CopyAsync(server, client, () => LosesAnswers));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side went away.
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, Func<bool> drops)
    {
        var buffer = new byte[1 << 16];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                if (!drops()) await to.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side went away.
        }
    }
}
