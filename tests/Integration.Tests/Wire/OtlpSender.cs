using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using FinOps.Ingest.Tests.Otlp.Protos;
using FinOps.Testing;
using Google.Protobuf;

namespace FinOps.Integration.Tests.Wire;

/// <summary>What the front door answered: the HTTP status, the gRPC status where it was gRPC, and the message.</summary>
internal sealed record OtlpAnswer(HttpStatusCode Http, int? Grpc, byte[] Body, TimeSpan? RetryAfter)
{
    public bool IsAcknowledged => Http == HttpStatusCode.OK && Grpc is null or 0;

    public ExportTracePartialSuccess? PartialSuccess =>
        ExportTraceServiceResponse.Parser.ParseFrom(Grpc is null ? Body : Body.AsSpan(OtlpSender.FrameBytes).ToArray()).PartialSuccess;
}

/// <summary>Sends bodies to a server's own OTLP ports, byte by byte as given, under one key.</summary>
internal sealed class OtlpSender(ServerProcess server, string key) : IDisposable
{
    public const int FrameBytes = 5;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, SslOptions = ServerProcess.AnyCertificate }) { Timeout = TimeSpan.FromSeconds(60) };

    public static byte[] Frame(byte[] message, bool compressed = false)
    {
        var framed = new byte[FrameBytes + message.Length];
        framed[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)message.Length);
        message.CopyTo(framed, FrameBytes);
        return framed;
    }

    public Task<OtlpAnswer> HttpAsync(ExportTraceServiceRequest request) => HttpAsync("/v1/traces", request.ToByteArray());

    public Task<OtlpAnswer> GrpcAsync(ExportTraceServiceRequest request) =>
        GrpcAsync("/opentelemetry.proto.collector.trace.v1.TraceService/Export", Frame(request.ToByteArray()));

    public Task<OtlpAnswer> SendAsync(ExportTraceServiceRequest request, bool grpc) => grpc ? GrpcAsync(request) : HttpAsync(request);

    public async Task AcceptAsync(params IEnumerable<SpanInPlace> spans)
    {
        var answer = await HttpAsync(SpanInPlace.Together(spans));
        Assert.Equal(HttpStatusCode.OK, answer.Http);
        Assert.Null(answer.PartialSuccess);
    }

    public Task<OtlpAnswer> HttpAsync(
        string path, byte[] body, string contentType = "application/x-protobuf", string? contentEncoding = null, string keyHeader = "authorization") =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, new Uri(server.OtlpHttp, path)), body, contentType, contentEncoding, keyHeader);

    public Task<OtlpAnswer> GrpcAsync(string path, byte[] frame, string? encoding = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.OtlpGrpc, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.ParseAdd("trailers");
        if (encoding is not null) request.Headers.Add("grpc-encoding", encoding);
        return SendAsync(request, frame, "application/grpc", null, "authorization");
    }

    public void Dispose() => _http.Dispose();

    private async Task<OtlpAnswer> SendAsync(HttpRequestMessage request, byte[] body, string contentType, string? contentEncoding, string keyHeader)
    {
        using (request)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
            if (contentEncoding is not null) request.Content.Headers.ContentEncoding.Add(contentEncoding);
            request.Headers.Add(keyHeader, keyHeader == "authorization" ? $"Bearer {key}" : key);
            using var response = await _http.SendAsync(request);
            var answer = await response.Content.ReadAsByteArrayAsync();
            return new OtlpAnswer(response.StatusCode, GrpcStatus(response), answer, response.Headers.RetryAfter?.Delta);
        }
    }

    private static int? GrpcStatus(HttpResponseMessage response)
    {
        if (response.TrailingHeaders.TryGetValues("grpc-status", out var status) || response.Headers.TryGetValues("grpc-status", out status))
            return int.Parse(status.Single(), System.Globalization.CultureInfo.InvariantCulture);
        return null;
    }
}
