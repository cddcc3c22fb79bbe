using System.Text;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Otlp.Json;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Otlp;

/// <summary>What the transcoder made of a body.</summary>
internal sealed record Transcoding(IngestReason? Refusal, byte[] Protobuf, int LeftOut, IngestTally Tally)
{
    public static Transcoding Of(IngestSignal signal, string json, int maxBytes = 1 << 24, int maxDepth = 256) =>
        Of(signal, Encoding.UTF8.GetBytes(json), maxBytes, maxDepth);

    public static Transcoding Of(IngestSignal signal, ReadOnlySpan<byte> json, int maxBytes = 1 << 24, int maxDepth = 256)
    {
        var budget = new MemoryBudget(Options.Create(new OtlpOptions()));
        var tally = new IngestTally();
        using var output = new PooledBuffer(new MemoryShare(budget), maxBytes, IngestReason.TooLarge);
        var refusal = OtlpJsonTranscoder.Transcode(signal, json, output, maxDepth, tally, out var leftOut);
        var result = new Transcoding(refusal, output.Written.ToArray(), leftOut, tally);
        output.Dispose();
        Assert.Equal(0, budget.Bytes);
        return result;
    }
}
