using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FinOps.Bench.Ingest;

/// <summary>What a leg of load gave: spans acknowledged each second, and how long each request waited for its acknowledgement.</summary>
/// <param name="Refused">Answers that asked to come again; the request was sent again, as every OTLP client does, and its wait counts from the first time.</param>
internal sealed record LoadResult(double SpansPerSecond, double[] LatencySeconds, int Refused)
{
    public double Percentile(double share) => LatencySeconds.Order().ElementAt((int)(share * (LatencySeconds.Length - 1)));
}

/// <summary>Sends every body once, so many requests at a time; with a rate, no faster than that.</summary>
internal abstract class OtlpLoad : IDisposable
{
    /// <summary>Requests under way at once. The rate cannot exceed spans under way ÷ the wait for an acknowledgement, so 128 are too few to saturate the server.</summary>
    public const int RequestsAtOnce = 256;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    public async Task<LoadResult> SendAsync(IReadOnlyList<byte[]> bodies, double? spansPerSecond = null)
    {
        var latencies = new double[bodies.Count];
        var next = -1;
        var refused = 0;
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, RequestsAtOnce).Select(lane => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var index && index < bodies.Count)
            {
                if (spansPerSecond is { } rate)
                {
                    var due = TimeSpan.FromSeconds(index * SpanBodies.SpansPerBody / rate) - TimeProvider.System.GetElapsedTime(began);
                    if (due > TimeSpan.Zero) await Task.Delay(due);
                }

                var sent = TimeProvider.System.GetTimestamp();
                while (!await TrySendAsync(lane, bodies[index]))
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(RetryDelay);
                }

                latencies[index] = TimeProvider.System.GetElapsedTime(sent).TotalSeconds;
            }
        })));
        return new LoadResult(bodies.Count * SpanBodies.SpansPerBody / TimeProvider.System.GetElapsedTime(began).TotalSeconds, latencies, refused);
    }

    public abstract void Dispose();

    /// <summary>One request and its answer; false when it is to be sent again. Anything else but a full success ends the benchmark.</summary>
    protected abstract Task<bool> TrySendAsync(int lane, byte[] body);
}

/// <summary>OTLP/HTTP protobuf, not compressed, each lane a bare socket that is kept alive: the client takes as little of the machine as it can.</summary>
internal sealed class HttpLoad(Uri address) : OtlpLoad
{
    private readonly Socket?[] _sockets = new Socket?[RequestsAtOnce];
    private readonly byte[][] _answers = [.. Enumerable.Range(0, RequestsAtOnce).Select(_ => new byte[2048])];

    protected override async Task<bool> TrySendAsync(int lane, byte[] body)
    {
        var socket = _sockets[lane] ??= await ConnectAsync();
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"POST /v1/traces HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/x-protobuf\r\nAuthorization: Bearer {AppUnderLoad.IngestKey}\r\nContent-Length: {body.Length}\r\n\r\n"));
        await socket.SendAsync(new List<ArraySegment<byte>> { head, body });
        var answer = _answers[lane];
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(length));
            if (read == 0) throw new InvalidOperationException("The server closed the connection.");
            length += read;
            if (answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0) break;
        }

        // A full success has no body.
        if (!answer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8) || answer.AsSpan(0, length).IndexOf("Content-Length: 0\r\n"u8) < 0)
        {
            if (!answer.AsSpan(0, length).StartsWith("HTTP/1.1 503"u8)) throw new InvalidOperationException(Encoding.ASCII.GetString(answer, 0, length));
            // The body of a refusal may come behind its head: a new connection is simpler than reading it.
            socket.Dispose();
            _sockets[lane] = null;
            return false;
        }

        return true;
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        return socket;
    }

    public override void Dispose()
    {
        foreach (var socket in _sockets) socket?.Dispose();
    }
}

/// <summary>OTLP/gRPC over HTTP/2 in clear text, 32 requests on each of 8 connections.</summary>
internal sealed class GrpcLoad(Uri address) : OtlpLoad
{
    private const int Connections = 8;

    private readonly HttpMessageInvoker[] _clients = [.. Enumerable.Range(0, Connections).Select(_ => new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false }))];
    private readonly Uri _method = new(address, "/opentelemetry.proto.collector.trace.v1.TraceService/Export");

    protected override async Task<bool> TrySendAsync(int lane, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Framed(body),
        };
        request.Headers.TryAddWithoutValidation("authorization", "Bearer " + AppUnderLoad.IngestKey);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        using var response = await _clients[lane % Connections].SendAsync(request, CancellationToken.None);
        await response.Content.CopyToAsync(Stream.Null);
        if (response.Headers.TryGetValues("grpc-status", out var early) && early.Single() == "14") return false;
        return response.TrailingHeaders.TryGetValues("grpc-status", out var status) && status.Single() == "0"
            ? true
            : throw new InvalidOperationException($"The server did not take the spans: {response} {response.TrailingHeaders}");
    }

    public override void Dispose()
    {
        foreach (var client in _clients) client.Dispose();
    }

    private sealed class Framed : HttpContent
    {
        private readonly byte[] _body;

        public Framed(byte[] body)
        {
            _body = body;
            Headers.TryAddWithoutValidation("content-type", "application/grpc");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var prefix = new byte[5];
            BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), _body.Length);
            await stream.WriteAsync(prefix);
            await stream.WriteAsync(_body);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Length + 5;
            return true;
        }
    }
}
