using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FinOps.Testing;

/// <summary>A request as a webhook's receiver got it.</summary>
/// <param name="Headers">Names in lower case.</param>
public sealed record HookRequest(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, DateTimeOffset At)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A web server on the loopback address that takes what is posted to it, or does what a test tells it to do.</summary>
public sealed class HookServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<HookRequest> _received = new();
    private readonly Task _serving;

    public HookServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public const string Fine = "200 OK\r\n\r\nok";

    /// <summary>Takes the request and never answers.</summary>
    public const string Hang = "";

    /// <summary>Status, headers, an empty line and a body; or <see cref="Hang"/>. Default <see cref="Fine"/>.</summary>
    public Func<HookRequest, string> Answer { get; set; } = _ => Fine;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Address(string path = "/hook") => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}{path}");

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<HookRequest> Received => [.. _received];

    /// <summary>Waits until so many have come, or for one that is wanted.</summary>
    public async Task<IReadOnlyList<HookRequest>> WaitForAsync(Func<IReadOnlyList<HookRequest>, bool> enough, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!enough(Received))
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit) throw new TimeoutException($"Within {limit.TotalSeconds} s came {Received.Count} requests: {string.Join('\n', Received.Select(one => one.Text))}");
            await Task.Delay(50);
        }

        return Received;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Before it stops to listen: between two callers it would be asked for the next one of a listener that is gone.
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> talks = [];
        try
        {
            while (true) talks.Add(TalkAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(talks);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                if (await ReadAsync(stream, _stop.Token) is not { } request) return;
                _received.Enqueue(request);
                var answer = Answer(request);
                if (answer == Hang) await Task.Delay(Timeout.Infinite, _stop.Token);
                var parts = answer.Split("\r\n\r\n", 2);
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {parts[0]}\r\nContent-Length: {Encoding.UTF8.GetByteCount(parts[1])}\r\nConnection: close\r\n\r\n{parts[1]}"), _stop.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or IOException)
            {
                // Who asked, or the test, is done.
            }
        }
    }

    private static async Task<HookRequest?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || !head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0) return null;
            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(part => part[0].ToLowerInvariant(), part => part[1].Trim());
        var body = new byte[headers.TryGetValue("content-length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return new HookRequest(lines[0].Split(' ')[1], headers, body, TimeProvider.System.GetUtcNow());
    }
}
