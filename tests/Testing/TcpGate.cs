using System.Net;
using System.Net.Sockets;

namespace FinOps.Testing;

/// <summary>
/// A way to a store that the test can shut: a shut gate refuses new connections and breaks the open ones, just as a store does that went away.
/// </summary>
public sealed class TcpGate : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly Lock _lock = new();
    private TcpListener? _listener;
    private CancellationTokenSource _open = new();
    private volatile TaskCompletionSource _passing = Passing();
    private Task _accepting = Task.CompletedTask;

    private TcpGate(IPEndPoint target, int port, bool open)
    {
        _target = target;
        Port = port;
        if (open) Open();
    }

    public int Port { get; }

    public static TcpGate To(string host, int port, bool open = true) =>
        new(new IPEndPoint(host is "localhost" ? IPAddress.Loopback : IPAddress.Parse(host), port), FreePort.Next(), open);

    public void Open()
    {
        lock (_lock)
        {
            if (_listener is not null) return;
            _open = new CancellationTokenSource();
            _listener = new TcpListener(IPAddress.Loopback, Port);
            _listener.Start();
            _accepting = AcceptAsync(_listener, _open.Token);
        }
    }

    public async Task ShutAsync()
    {
        Task accepting;
        lock (_lock)
        {
            _listener?.Stop();
            _listener = null;
            _open.Cancel();
            accepting = _accepting;
        }

        await accepting;
    }

    /// <summary>Connections stay, but nothing passes any more, as with a store that hangs.</summary>
    public void Hold() => _passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        var held = _passing;
        _passing = Passing();
        held.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await ShutAsync();
        _open.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        List<Task> connections = [];
        try
        {
            while (!cancellationToken.IsCancellationRequested)
                connections.Add(RelayAsync(await listener.AcceptTcpClientAsync(cancellationToken), cancellationToken));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Shut, perhaps between two connections, when it does not listen any more.
        }

        await Task.WhenAll(connections);
    }

    private async Task RelayAsync(TcpClient from, CancellationToken cancellationToken)
    {
        using var inner = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using (from)
        using (var to = new TcpClient())
        {
            try
            {
                await to.ConnectAsync(_target, cancellationToken);
                var first = await Task.WhenAny(
                    CopyAsync(from.GetStream(), to.GetStream(), inner.Token), CopyAsync(to.GetStream(), from.GetStream(), inner.Token));
                await inner.CancelAsync();
                await first;
            }
            catch (Exception failure) when (failure is OperationCanceledException or IOException or SocketException)
            {
                // Either end hung up, or the gate was shut.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await _passing.Task.WaitAsync(cancellationToken);
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private static TaskCompletionSource Passing()
    {
        var passing = new TaskCompletionSource();
        passing.SetResult();
        return passing;
    }
}
