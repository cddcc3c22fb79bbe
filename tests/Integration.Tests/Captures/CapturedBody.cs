using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FinOps.Ingest.Tests.Otlp.Protos;
using FinOps.Integration.Tests.Wire;
using Google.Protobuf;

namespace FinOps.Integration.Tests.Captures;

/// <summary>A request as a real SDK sent it: the path, the headers and the bytes.</summary>
internal sealed record CapturedBody(string Path, string ContentType, string? ContentEncoding, string? GrpcEncoding, string KeyHeader, byte[] Bytes)
{
    public bool IsGrpc => ContentType == "application/grpc";

    public bool IsJson => ContentType == "application/json";

    public bool HasSpans => Path.EndsWith("/v1/traces", StringComparison.Ordinal) || Path.EndsWith("TraceService/Export", StringComparison.Ordinal);

    public Task<OtlpAnswer> SendAsync(OtlpSender sender) => IsGrpc
        ? sender.GrpcAsync(Path, Bytes, GrpcEncoding)
        : sender.HttpAsync(Path, Bytes, ContentType, ContentEncoding, KeyHeader);

    /// <summary>The spans in the body, whatever its form.</summary>
    public ExportTraceServiceRequest Spans()
    {
        var plain = Plain();
        return IsJson ? FromJson(plain) : ExportTraceServiceRequest.Parser.ParseFrom(plain);
    }

    /// <summary>
    /// The same body with all its times moved, in the same form and coding. The captures keep their own times as long as those are accepted;
    /// this keeps the tests from rotting when they no longer are.
    /// </summary>
    public CapturedBody Moved(TimeSpan by)
    {
        var plain = IsJson ? MoveJson(Plain(), by) : MoveProtobuf(Plain(), by);
        if (!IsGrpc) return this with { Bytes = ContentEncoding == "gzip" ? Gzip(plain) : plain };
        var compressed = Bytes[0] == 1;
        return this with { Bytes = OtlpSender.Frame(compressed ? Gzip(plain) : plain, compressed) };
    }

    private byte[] Plain()
    {
        if (!IsGrpc) return ContentEncoding == "gzip" ? Gunzip(Bytes) : Bytes;
        var message = Bytes[OtlpSender.FrameBytes..];
        return Bytes[0] == 1 ? Gunzip(message) : message;
    }

    private static byte[] MoveJson(byte[] body, TimeSpan by)
    {
        var root = JsonNode.Parse(body)!;
        Walk(root, (name, value) => name.EndsWith("UnixNano", StringComparison.Ordinal) ? JsonValue.Create(Move(Number(value), by).ToString(CultureInfo.InvariantCulture)) : null);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static byte[] MoveProtobuf(byte[] body, TimeSpan by)
    {
        // Only traces were captured as protobuf.
        var request = ExportTraceServiceRequest.Parser.ParseFrom(body);
        foreach (var (_, _, span) in SpanInPlace.Of(request))
        {
            (span.StartTimeUnixNano, span.EndTimeUnixNano) = (Move(span.StartTimeUnixNano, by), Move(span.EndTimeUnixNano, by));
            foreach (var happened in span.Events) happened.TimeUnixNano = Move(happened.TimeUnixNano, by);
        }

        return request.ToByteArray();
    }

    private static ExportTraceServiceRequest FromJson(byte[] body)
    {
        // OTLP/JSON writes ids in hexadecimal, protobuf's own JSON in base 64.
        var root = JsonNode.Parse(body)!;
        Walk(root, (name, value) => name is "traceId" or "spanId" or "parentSpanId"
            ? JsonValue.Create(Convert.ToBase64String(Convert.FromHexString(value.GetValue<string>())))
            : null);
        return new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true)).Parse<ExportTraceServiceRequest>(root.ToJsonString());
    }

    private static void Walk(JsonNode node, Func<string, JsonValue, JsonNode?> replace)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) if (item is not null) Walk(item, replace);
        }
        else if (node is JsonObject members)
        {
            foreach (var (name, member) in members.ToList())
            {
                if (member is JsonValue value && replace(name, value) is { } replaced) members[name] = replaced;
                else if (member is not null) Walk(member, replace);
            }
        }
    }

    private static ulong Number(JsonValue value) =>
        value.GetValueKind() == JsonValueKind.String ? ulong.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture) : value.GetValue<ulong>();

    // Zero means that no time was told.
    private static ulong Move(ulong nanoseconds, TimeSpan by) => nanoseconds == 0 ? 0 : (ulong)((long)nanoseconds + (by.Ticks * 100));

    private static byte[] Gunzip(byte[] body)
    {
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    public static byte[] Gzip(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(body);
        return packed.ToArray();
    }
}
