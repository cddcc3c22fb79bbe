using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FinOps.Bench.Gateway;

/// <summary>Asks the same on some connections at once, each again as soon as it is answered.</summary>
internal sealed class RawLoad(int port, byte[] request)
{
    /// <summary>Stands in each prompt and is another number each time, so that no answer is known already.</summary>
    private const string Counter = "#0000000000#";

    private static long _number;

    /// <summary>The same question each time.</summary>
    public bool SameEachTime { get; init; }

    private const int BufferSize = 64 * 1024;

    /// <param name="key">What a caller sends for its key.</param>
    public static byte[] Chat(string path, string key, int promptBytes, bool stream = false, string headers = "")
    {
        var prompt = string.Concat(Enumerable.Repeat("How many roads must a man walk down? ", (promptBytes / 37) + 1))[..promptBytes];
        var body = $$"""{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"{{Counter}}{{prompt}}"}],"max_tokens":256{{(stream ? ",\"stream\":true" : "")}}}""";
        return Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nUser-Agent: OpenAI/JS 6.49.0\r\nx-stainless-retry-count: 0\r\nx-stainless-lang: js\r\nx-stainless-package-version: 6.49.0\r\n"
            + headers + $"Authorization: Bearer {key}\r\nx-finops-feature: checkout-summary\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <returns>Requests a second, and the latencies in milliseconds, sorted.</returns>
    public async Task<(double PerSecond, double[] Milliseconds)> RunAsync(int connections, TimeSpan time)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => OneAsync(until))));
        double[] latencies = [.. all.SelectMany(one => one).Order()];
        return (latencies.Length / Stopwatch.GetElapsedTime(started).TotalSeconds, latencies);
    }

    private async Task<List<double>> OneAsync(long until)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var buffer = new byte[BufferSize];
        List<double> latencies = [];
        var question = (byte[])request.Clone();
        while (Stopwatch.GetTimestamp() < until)
        {
            var began = Stopwatch.GetTimestamp();
            if (!SameEachTime) Renew(question);
            await socket.SendAsync(question);
            await ReceiveAsync(socket, buffer);
            latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return latencies;
    }

    private static void Renew(byte[] question)
    {
        var at = question.AsSpan().IndexOf("\"#"u8) + 2;
        for (var (number, digit) = (Interlocked.Increment(ref _number), 9); digit >= 0; number /= 10, digit--) question[at + digit] = (byte)('0' + (number % 10));
    }

    /// <summary>Streams that have begun and do not end, until they are disposed.</summary>
    public async Task<IDisposable> OpenAsync(int count)
    {
        var open = new OpenStreams();
        var buffer = new byte[BufferSize];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            open.Sockets.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(request);
            var length = 0;
            while (buffer.AsSpan(0, length).IndexOf("data: "u8) < 0) length += await socket.ReceiveAsync(buffer.AsMemory(length));
        }

        return open;
    }

    private sealed class OpenStreams : IDisposable
    {
        public List<Socket> Sockets { get; } = [];

        public void Dispose()
        {
            foreach (var socket in Sockets) socket.Dispose();
        }
    }

    private static async Task ReceiveAsync(Socket socket, byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var more = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (more == 0) throw new InvalidOperationException("The gateway closed the connection.");
            length += more;
            if (IsWhole(buffer.AsSpan(0, length))) return;
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        if (!answer.StartsWith("HTTP/1.1 200"u8)) throw new InvalidOperationException(Encoding.ASCII.GetString(answer));
        return answer[..end].IndexOf("chunked"u8) >= 0 ? answer.EndsWith("0\r\n\r\n"u8) : answer.Length >= end + 4 + HttpHead.ContentLength(answer[..end]);
    }

    /// <returns>Milliseconds to the first byte of the body of each answer, one after the other on one connection.</returns>
    public async Task<double[]> FirstBytesAsync(int count)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var buffer = new byte[BufferSize];
        var first = new double[count];
        var question = (byte[])request.Clone();
        for (var i = 0; i < count; i++)
        {
            var began = Stopwatch.GetTimestamp();
            Renew(question);
            await socket.SendAsync(question);
            var length = 0;
            first[i] = 0;
            while (true)
            {
                length += await socket.ReceiveAsync(buffer.AsMemory(length));
                var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
                if (end >= 0 && length > end + 4 && first[i] == 0) first[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                if (IsWhole(buffer.AsSpan(0, length))) break;
            }
        }

        return [.. first.Order()];
    }
}
