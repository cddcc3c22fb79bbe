using System.Buffers.Binary;
using System.Text;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Builds OTLP protobuf by hand, right or wrong on purpose.</summary>
internal sealed class OtlpBytes
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public OtlpBytes Varint(int field, ulong value)
    {
        Raw((ulong)field << 3);
        return Raw(value);
    }

    public OtlpBytes Fixed64(int field, ulong value)
    {
        Raw((ulong)field << 3 | 1);
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    public OtlpBytes Message(int field, byte[] content)
    {
        Raw((ulong)field << 3 | 2);
        Raw((ulong)content.Length);
        _bytes.AddRange(content);
        return this;
    }

    public OtlpBytes Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    public OtlpBytes Bytes(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    private OtlpBytes Raw(ulong value)
    {
        while (value >= 0x80)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.Add((byte)value);
        return this;
    }

    public static byte[] Value(object value) => value switch
    {
        string text => new OtlpBytes().Text(1, text).ToArray(),
        bool truth => new OtlpBytes().Varint(2, truth ? 1UL : 0).ToArray(),
        int number => new OtlpBytes().Varint(3, (ulong)(long)number).ToArray(),
        long number => new OtlpBytes().Varint(3, (ulong)number).ToArray(),
        double real => new OtlpBytes().Fixed64(4, BitConverter.DoubleToUInt64Bits(real)).ToArray(),
        string[] items => new OtlpBytes().Message(5, Array(items)).ToArray(),
        byte[] invalidText => new OtlpBytes().Message(1, invalidText).ToArray(),
        Encoded encoded => encoded.AnyValue,
        _ => throw new ArgumentException($"No AnyValue for {value.GetType()}.", nameof(value)),
    };

    /// <summary>An AnyValue that is encoded already.</summary>
    public sealed record Encoded(byte[] AnyValue);

    private static byte[] Array(string[] items)
    {
        var array = new OtlpBytes();
        foreach (var item in items) array.Message(1, Value(item));
        return array.ToArray();
    }

    public static byte[] Attribute(string key, object value) => new OtlpBytes().Text(1, key).Message(2, Value(value)).ToArray();

    /// <summary>Fields 1 (resource) and 2 (scope messages) of ResourceSpans or ResourceMetrics, wrapped in a request.</summary>
    public static byte[] Request(string scope, IEnumerable<byte[]> items, params (string Key, object Value)[] resource)
    {
        var attributes = new OtlpBytes();
        foreach (var (key, value) in resource) attributes.Message(1, Attribute(key, value));
        var scoped = new OtlpBytes().Message(1, new OtlpBytes().Text(1, scope).ToArray());
        foreach (var item in items) scoped.Message(2, item);
        return new OtlpBytes().Message(1, new OtlpBytes().Message(1, attributes.ToArray()).Message(2, scoped.ToArray()).ToArray()).ToArray();
    }
}

/// <summary>One span for a test; what is not set is what an ordinary span has.</summary>
internal sealed class TestSpan
{
    public byte[] TraceId { get; init; } = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    public byte[] SpanId { get; init; } = [1, 2, 3, 4, 5, 6, 7, 8];
    public byte[] ParentSpanId { get; init; } = [];
    public string TraceState { get; init; } = "";
    public byte[] Name { get; init; } = "chat"u8.ToArray();
    public int Kind { get; init; } = 3;
    public ulong StartNanos { get; init; } = (ulong)MapperHarness.NowUnixMicros * 1000;
    public ulong DurationNanos { get; init; } = 1_500_000_000;
    public int Status { get; init; }
    public List<(string Key, object Value)> Attributes { get; init; } = [];

    public byte[] Encode()
    {
        var span = new OtlpBytes().Message(1, TraceId).Message(2, SpanId).Message(4, ParentSpanId).Message(5, Name).Varint(6, (ulong)Kind)
            .Fixed64(7, StartNanos).Fixed64(8, StartNanos + DurationNanos);
        if (TraceState.Length > 0) span.Text(3, TraceState);
        foreach (var (key, value) in Attributes) span.Message(9, OtlpBytes.Attribute(key, value));
        return span.Message(15, new OtlpBytes().Varint(3, (ulong)Status).ToArray()).ToArray();
    }
}
