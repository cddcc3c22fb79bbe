using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FinOps.Analytics.Tests.PriceChecks;

/// <summary>Answers each connection at the loopback with the same bytes, as somebody's web server would.</summary>
internal sealed class ListServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _asked;

    private ListServer(Func<ListServer, string> head, byte[] body, bool hangs)
    {
        _listener.Start();
        _loop = AnswerAsync(head, body, hangs);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Address => $"http://127.0.0.1:{Port}/list.json";

    public int Asked => Volatile.Read(ref _asked);

    public static ListServer With(string status, byte[]? body = null) => new(_ => $"{status}\r\n", body ?? [], hangs: false);

    public static ListServer WithList(byte[] body) => With("200 OK", body);

    public static ListServer LeadingTo(Func<ListServer, string> where) => new(server => $"302 Found\r\nLocation: {where(server)}\r\n", [], hangs: false);

    /// <summary>Takes the request and never answers.</summary>
    public static ListServer Silent() => new(_ => "", [], hangs: true);

    private async Task AnswerAsync(Func<ListServer, string> head, byte[] body, bool hangs)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _asked);
                var stream = client.GetStream();
                var request = new byte[4096];
                _ = await stream.ReadAsync(request, _stop.Token);
                if (hangs) await Task.Delay(Timeout.Infinite, _stop.Token);
                try
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head(this)}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n"), _stop.Token);
                    await stream.WriteAsync(body, _stop.Token);
                }
                catch (IOException)
                {
                    // Who asked has seen enough.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Stop();
        _stop.Dispose();
    }
}
