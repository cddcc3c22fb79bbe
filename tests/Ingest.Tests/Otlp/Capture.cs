using System.IO.Compression;
using System.Text.Json.Nodes;
using FinOps.Ingest.Health;
using FinOps.Ingest.Tests.Otlp.Protos;
using Google.Protobuf;

namespace FinOps.Ingest.Tests.Otlp;

/// <summary>Bodies that real SDKs sent, and an independent reading of them.</summary>
internal static class Capture
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Fixtures", "captures");

    public static byte[] Read(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name));
        return name.EndsWith(".gz", StringComparison.Ordinal) ? Unzip(bytes) : bytes;
    }

    public static byte[] ReadRaw(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public static IEnumerable<string> Names(params string[] endings) => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
        .Where(file => endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)) && !file.EndsWith(".headers.json", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal);

    public static MessageParser ParserFor(string name) =>
        name.Contains("-metrics", StringComparison.Ordinal) ? ExportMetricsServiceRequest.Parser
        : name.Contains("-logs", StringComparison.Ordinal) ? ExportLogsServiceRequest.Parser
        : ExportTraceServiceRequest.Parser;

    public static IngestSignal SignalOf(string name) =>
        name.Contains("-metrics", StringComparison.Ordinal) ? IngestSignal.Metrics
        : name.Contains("-logs", StringComparison.Ordinal) ? IngestSignal.Logs
        : IngestSignal.Traces;

    /// <summary>What Google's own reader of proto3 JSON makes of it, once the ids are base64 as it wants them.</summary>
    public static IMessage ReadJson(string name, ReadOnlySpan<byte> json)
    {
        var node = JsonNode.Parse(json)!;
        IdsToBase64(node);
        var descriptor = name.Contains("-metrics", StringComparison.Ordinal) ? ExportMetricsServiceRequest.Descriptor
            : name.Contains("-logs", StringComparison.Ordinal) ? ExportLogsServiceRequest.Descriptor
            : ExportTraceServiceRequest.Descriptor;
        return Parser.Parse(node.ToJsonString(), descriptor);
    }

    public static byte[] Zip(byte[] bytes)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest)) gzip.Write(bytes);
        return output.ToArray();
    }

    public static byte[] Unzip(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }

    private static void IdsToBase64(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var element in array) IdsToBase64(element);
        }
        else if (node is JsonObject fields)
        {
            foreach (var (key, value) in fields.ToList())
            {
                if (key is "traceId" or "spanId" or "parentSpanId") fields[key] = Convert.ToBase64String(Convert.FromHexString(value!.GetValue<string>()));
                else IdsToBase64(value);
            }
        }
    }
}
