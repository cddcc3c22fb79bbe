using CsCheck;
using FinOps.Ingest.Health;
using FinOps.Ingest.Tests.Otlp.Protos;
using Google.Protobuf;

namespace FinOps.Ingest.Tests.Otlp;

public sealed class OtlpJsonTranscoderFuzzTests
{
    private static readonly (string Name, byte[] Json)[] Bodies =
        [.. Capture.Names("traces.json", "metrics.json", "logs.json", "traces.json.gz").Select(name => (name, Capture.Read(name)))];

    private static readonly byte[] Interesting = "\"\\{}[]:,0-9eE.u\0\n\xFFtfn"u8.ToArray();

    [Fact]
    public void Transcode_MutatedBodies_NeverThrowsAndWritesOnlyProtobuf()
    {
        var mutation = Gen.Select(Gen.Double.Unit, Gen.Int[0, 4], Gen.Int[0, Interesting.Length - 1].Select(index => Interesting[index]), Gen.Int[1, 40]);
        Gen.Select(Gen.Int[0, Bodies.Length - 1], mutation.Array[1, 6]).Sample((index, mutations) =>
        {
            var (name, json) = Bodies[index];
            foreach (var (at, kind, octet, length) in mutations) json = Mutate(json, (int)(at * json.Length), kind, octet, length);

            var result = Transcoding.Of(Capture.SignalOf(name), json);
            if (result.Refusal is null) CheckIsProtobuf(name, result.Protobuf);
        }, iter: 20_000);
    }

    [Fact]
    public void Transcode_RandomBytes_NeverThrows() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Transcoding.Of(IngestSignal.Traces, bytes), iter: 5_000);

    [Fact]
    public void Transcode_AnyValueTree_EqualsGooglesReading()
    {
        var leaf = Gen.OneOf(
            Gen.String.Select(text => new AnyValue { StringValue = Wellformed(text) }),
            Gen.Bool.Select(value => new AnyValue { BoolValue = value }),
            Gen.Long.Select(value => new AnyValue { IntValue = value }),
            Gen.Double.Select(value => new AnyValue { DoubleValue = value }),
            Gen.Byte.Array[0, 20].Select(bytes => new AnyValue { BytesValue = ByteString.CopyFrom(bytes) }),
            Gen.Const(new AnyValue()));
        var tree = Gen.Recursive<AnyValue>((depth, inner) => depth > 4 ? leaf : Gen.OneOf(
            leaf,
            inner.Array[0, 4].Select(values => new AnyValue { ArrayValue = new ArrayValue { Values = { values } } }),
            inner.Array[0, 4].Select(values => new AnyValue
            {
                KvlistValue = new KeyValueList { Values = { values.Select((value, index) => new KeyValue { Key = $"k{index}", Value = value }) } },
            })));
        tree.Sample(value =>
        {
            var request = new ExportLogsServiceRequest
            {
                ResourceLogs = { new ResourceLogs { ScopeLogs = { new ScopeLogs { LogRecords = { new LogRecord { Body = value, SeverityText = "x" } } } } } },
            };
            var result = Transcoding.Of(IngestSignal.Logs, JsonFormatter.Default.Format(request));
            return result.Refusal is null && ExportLogsServiceRequest.Parser.ParseFrom(result.Protobuf).Equals(request);
        }, iter: 5_000);
    }

    private static string Wellformed(string text) => string.Concat(text.EnumerateRunes());

    private static void CheckIsProtobuf(string name, byte[] protobuf)
    {
        try
        {
            Capture.ParserFor(name).ParseFrom(protobuf);
        }
        catch (InvalidProtocolBufferException exception) when (exception.Message.Contains("UTF-8", StringComparison.Ordinal))
        {
            // Bytes that are not UTF-8 pass through: the mapping refuses the span that holds them, not the request.
        }
    }

    private static byte[] Mutate(byte[] json, int at, int kind, byte octet, int length)
    {
        at = Math.Min(at, json.Length);
        var rest = json.AsSpan(Math.Min(json.Length, at + length));
        return kind switch
        {
            0 => [.. json.AsSpan(0, at), octet, .. json.AsSpan(Math.Min(json.Length, at + 1))],
            1 => [.. json.AsSpan(0, at), octet, .. json.AsSpan(at)],
            2 => [.. json.AsSpan(0, at), .. rest],
            3 => [.. json.AsSpan(0, at), .. json.AsSpan(at, Math.Min(length, json.Length - at)), .. json.AsSpan(at)],
            _ => json.AsSpan(0, at).ToArray(),
        };
    }
}
