using System.Buffers.Binary;
using System.Text;

namespace FinOps.Demo;

/// <summary>Writes OTLP protobuf (opentelemetry-proto 1.11): just the fields that the demo's SDKs would set.</summary>
internal sealed class OtlpWriter
{
    /// <summary>Bytes that the longest length of a message takes: of an <see cref="int"/>, seven bits each.</summary>
    private const int LongestLength = 5;

    private byte[] _bytes = new byte[64 * 1024];
    private int _written;

    public static byte[] Traces(IEnumerable<DemoTrace> traces)
    {
        var request = new OtlpWriter();
        foreach (var byService in traces.GroupBy(t => (t.Service, t.Environment)))
        {
            request.Message(1, resourceSpans =>
            {
                resourceSpans.Resource(byService.Key.Service, byService.Key.Environment);
                foreach (var byScope in byService.SelectMany(t => t.Spans).GroupBy(s => s.Scope))
                {
                    resourceSpans.Message(2, scopeSpans =>
                    {
                        scopeSpans.Message(1, scope => scope.String(1, byScope.Key));
                        foreach (var span in byScope) scopeSpans.Message(2, s => s.Span(span));
                    });
                }
            });
        }

        return request._bytes[..request._written];
    }

    public static byte[] Metrics(string service, IEnumerable<IGrouping<(string Name, string Unit, bool IsCounter), DemoPoint>> metrics)
    {
        var request = new OtlpWriter();
        request.Message(1, resourceMetrics =>
        {
            resourceMetrics.Resource(service, "production");
            resourceMetrics.Message(2, scopeMetrics =>
            {
                scopeMetrics.Message(1, scope => scope.String(1, service));
                foreach (var metric in metrics)
                {
                    scopeMetrics.Message(2, m =>
                    {
                        m.String(1, metric.Key.Name);
                        m.String(3, metric.Key.Unit);
                        // A sum of a counter is cumulative and rises only.
                        m.Message(metric.Key.IsCounter ? 7 : 5, data =>
                        {
                            foreach (var point in metric)
                            {
                                data.Message(1, p =>
                                {
                                    if (point.Since is { } since) p.Fixed64(2, UnixNanos(since));
                                    p.Fixed64(3, UnixNanos(point.At));
                                    p.Double(4, point.Value);
                                    foreach (var attribute in point.Attributes) p.Attribute(7, attribute);
                                });
                            }

                            if (!metric.Key.IsCounter) return;
                            data.Tag(2, 0);
                            data.Varint(2);
                            data.Tag(3, 0);
                            data.Varint(1);
                        });
                    });
                }
            });
        });
        return request._bytes[..request._written];
    }

    private void Resource(string service, string environment) => Message(1, resource =>
    {
        resource.Attribute(1, new("service.name", service));
        resource.Attribute(1, new("deployment.environment.name", environment));
    });

    private void Span(DemoSpan span)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, span.TraceHigh);
        BinaryPrimitives.WriteUInt64BigEndian(id[8..], span.TraceLow);
        Bytes(1, id);
        BinaryPrimitives.WriteUInt64BigEndian(id, span.SpanId);
        Bytes(2, id[..8]);
        if (span.ParentSpanId != 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(id, span.ParentSpanId);
            Bytes(4, id[..8]);
        }

        String(5, span.Name);
        Tag(6, 0);
        Varint((ulong)span.Kind);
        Fixed64(7, UnixNanos(span.Start));
        Fixed64(8, UnixNanos(span.Start + span.Duration));
        foreach (var attribute in span.Attributes) Attribute(9, attribute);
        if (span.Failed)
        {
            Message(15, status =>
            {
                status.Tag(3, 0);
                status.Varint(2);
            });
        }
    }

    private void Attribute(int field, DemoAttribute attribute) => Message(field, pair =>
    {
        pair.String(1, attribute.Key);
        pair.Message(2, value => value.Value(attribute.Value));
    });

    private void Value(object value)
    {
        switch (value)
        {
            case string text:
                String(1, text);
                break;
            case bool flag:
                Tag(2, 0);
                Varint(flag ? 1UL : 0);
                break;
            case long number:
                Tag(3, 0);
                Varint((ulong)number);
                break;
            case double number:
                Double(4, number);
                break;
            case string[] texts:
                Message(5, array =>
                {
                    foreach (var text in texts) array.Message(1, item => item.String(1, text));
                });
                break;
            default:
                throw new ArgumentException($"An attribute cannot be a {value.GetType()}.", nameof(value));
        }
    }

    /// <summary>A message's length stands before it and is known after it: it is written behind room for the longest, and moved up to its length.</summary>
    private void Message(int field, Action<OtlpWriter> write)
    {
        Tag(field, 2);
        var before = _written;
        Next(LongestLength);
        write(this);
        var (from, length) = (before + LongestLength, _written - before - LongestLength);
        _written = before;
        Varint((ulong)length);
        Buffer.BlockCopy(_bytes, from, _bytes, _written, length);
        _written += length;
    }

    /// <summary>The next bytes, to be filled.</summary>
    private Span<byte> Next(int count)
    {
        if (_bytes.Length - _written < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _written + count));
        _written += count;
        return _bytes.AsSpan(_written - count, count);
    }

    private void String(int field, string value)
    {
        Tag(field, 2);
        var length = Encoding.UTF8.GetByteCount(value);
        Varint((ulong)length);
        Encoding.UTF8.GetBytes(value, Next(length));
    }

    private void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, 2);
        Varint((ulong)value.Length);
        value.CopyTo(Next(value.Length));
    }

    private void Fixed64(int field, ulong value)
    {
        Tag(field, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(Next(8), value);
    }

    private void Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    private void Tag(int field, int wireType) => Varint((ulong)((field << 3) | wireType));

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Next(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Next(1)[0] = (byte)value;
    }

    private static ulong UnixNanos(DateTimeOffset instant) => (ulong)(instant - DateTimeOffset.UnixEpoch).Ticks * 100;
}
