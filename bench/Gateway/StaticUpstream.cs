using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FinOps.Bench.Gateway;

/// <summary>A provider that answers at once with the same bytes: what is measured beside it is the way there.</summary>
internal sealed class StaticUpstream : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _answer;
    private readonly byte[] _stream;

    public StaticUpstream()
    {
        const string Body = """{"id":"chatcmpl-BenchBenchBenchBenchBenchBenc","object":"chat.completion","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Forty-two, as ever.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":120,"completion_tokens":45,"total_tokens":165,"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}""";
        _answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        _stream = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunks());
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Streams begin and do not end.</summary>
    public bool HoldsStreams { get; init; }

    private static string Chunks()
    {
        var text = new StringBuilder();
        foreach (var piece in (string[])["Forty", "-two", "."])
            Add(text, $$"""data: {"id":"chatcmpl-b","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"{{piece}}"},"finish_reason":null}],"usage":null}""");
        Add(text, """data: {"id":"chatcmpl-b","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":45,"total_tokens":165}}""");
        Add(text, "data: [DONE]");
        return text.Append("0\r\n\r\n").ToString();
    }

    private static void Add(StringBuilder text, string data) => text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{data.Length + 2:x}\r\n{data}\n\n\r\n");

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptAsync());
        }
        catch (SocketException)
        {
            // Closed at the end.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var socket = client;
        socket.NoDelay = true;
        var buffer = new byte[BufferSize];
        var length = 0;
        try
        {
            while (true)
            {
                // The head, then as much of the body as it tells.
                int end;
                while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    var more = await socket.ReceiveAsync(buffer.AsMemory(length));
                    if (more == 0) return;
                    length += more;
                }

                var streams = buffer.AsSpan(0, length).IndexOf("\"stream\":true"u8) >= 0;
                var rest = end + 4 + HttpHead.ContentLength(buffer.AsSpan(0, end)) - length;
                while (rest > 0)
                {
                    var more = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(rest, buffer.Length)));
                    if (more == 0) return;
                    rest -= more;
                }

                length = 0;
                await socket.SendAsync(!streams ? _answer : HoldsStreams ? _stream.AsMemory(0, _stream.Length / 2) : _stream);
            }
        }
        catch (SocketException)
        {
            // The other side has gone.
        }
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>The little of HTTP/1.1 that the two sides of the benchmark need.</summary>
internal static class HttpHead
{
    public static int ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("ontent-Length: "u8);
        if (at < 0) at = head.IndexOf("ontent-length: "u8);
        if (at < 0) return 0;
        var rest = head[(at + 15)..];
        var length = 0;
        foreach (var digit in rest)
        {
            if (digit is < (byte)'0' or > (byte)'9') break;
            length = length * 10 + (digit - '0');
        }

        return length;
    }
}
