using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Otlp.Json;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Bodies that real SDKs sent, as protobuf, and what is known of each call in them.</summary>
internal static partial class Captures
{
    public static readonly string[] Folders = ["openinference", "openlit", "openlit-gpu-qdrant", "traceloop", "traceloop-qdrant", "vercel-ai-sdk-7"];

    [GeneratedRegex(@"^\d\d-(http|grpc)-(traces|metrics|logs)\.(bin|json)(\.gz)?$")]
    private static partial Regex IsBody();

    private static string Path(string folder) => System.IO.Path.Combine(AppContext.BaseDirectory, "Fixtures", "captures", folder);

    public static JsonElement Expected(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(Path(folder), "expected.json")));
        return document.RootElement.Clone();
    }

    public static IEnumerable<(IngestSignal Signal, byte[] Body)> Bodies(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path(folder)).Order(StringComparer.Ordinal))
        {
            var name = System.IO.Path.GetFileName(file);
            if (!IsBody().IsMatch(name)) continue;
            var signal = name.Contains("-traces", StringComparison.Ordinal) ? IngestSignal.Traces
                : name.Contains("-metrics", StringComparison.Ordinal) ? IngestSignal.Metrics
                : IngestSignal.Logs;
            yield return (signal, ToProtobuf(name, File.ReadAllBytes(file), signal));
        }
    }

    public static MapperHarness MapAll(string folder)
    {
        var harness = new MapperHarness();
        foreach (var (signal, body) in Bodies(folder))
        {
            var result = signal switch
            {
                IngestSignal.Traces => harness.Traces(body),
                IngestSignal.Metrics => harness.Metrics(body),
                _ => harness.Logs(body),
            };
            Assert.False(result.Malformed);
            Assert.Equal(0, result.Rejected);
        }

        return harness;
    }

    private static byte[] ToProtobuf(string name, byte[] body, IngestSignal signal)
    {
        if (name.Contains("-grpc-", StringComparison.Ordinal))
        {
            // Five bytes of frame: compressed or not, and the length.
            var compressed = body[0] == 1;
            body = body[5..];
            if (compressed) body = Gunzip(body);
        }

        if (name.EndsWith(".gz", StringComparison.Ordinal)) body = Gunzip(body);
        if (!name.Contains(".json", StringComparison.Ordinal)) return body;
        using var output = new PooledBuffer(new MemoryShare(new MemoryBudget(Options.Create(new OtlpOptions()))), 1 << 24, IngestReason.TooLarge);
        Assert.Null(OtlpJsonTranscoder.Transcode(signal, body, output, 64, new IngestTally(), out var leftOut));
        Assert.Equal(0, leftOut);
        return output.Written.ToArray();
    }

    private static byte[] Gunzip(byte[] body)
    {
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
