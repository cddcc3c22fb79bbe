namespace FinOps.Ingest.Mapping;

/// <summary>The fields of an OTLP span other than its attributes, as places in the request's bytes.</summary>
internal struct SpanFields
{
    private const uint TraceIdTag = 1 << 3 | Wire.Length;
    private const uint SpanIdTag = 2 << 3 | Wire.Length;
    private const uint TraceStateTag = 3 << 3 | Wire.Length;
    private const uint ParentSpanIdTag = 4 << 3 | Wire.Length;
    private const uint NameTag = 5 << 3 | Wire.Length;
    private const uint KindTag = 6 << 3 | Wire.Varint;
    private const uint StartTag = 7 << 3 | Wire.Fixed64;
    private const uint EndTag = 8 << 3 | Wire.Fixed64;
    private const uint AttributeTag = 9 << 3 | Wire.Length;
    private const uint EventTag = 11 << 3 | Wire.Length;
    private const uint StatusTag = 15 << 3 | Wire.Length;

    private const uint EventNameTag = 2 << 3 | Wire.Length;
    private const uint EventAttributeTag = 3 << 3 | Wire.Length;
    private const uint StatusCodeTag = 3 << 3 | Wire.Varint;
    private const uint KeyTag = 1 << 3 | Wire.Length;
    private const uint ValueTag = 2 << 3 | Wire.Length;

    private const int StatusError = 2;

    public Slice TraceId, SpanId, TraceState, ParentSpanId, Name;
    public ulong Kind, StartNanos, EndNanos;
    public bool HasError;

    /// <summary>The latest event: an exception is recorded at the end.</summary>
    private Slice _lastEvent;

    public static SpanFields Read(ReadOnlySpan<byte> body, Slice window, AttributeSet attributes, MappingLimits limits)
    {
        var span = default(SpanFields);
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case TraceIdTag: span.TraceId = reader.ReadSlice(); break;
                case SpanIdTag: span.SpanId = reader.ReadSlice(); break;
                case TraceStateTag: span.TraceState = reader.ReadSlice(); break;
                case ParentSpanIdTag: span.ParentSpanId = reader.ReadSlice(); break;
                case NameTag: span.Name = reader.ReadSlice(); break;
                case KindTag: span.Kind = reader.ReadVarint(); break;
                case StartTag: span.StartNanos = reader.ReadFixed64(); break;
                case EndTag: span.EndNanos = reader.ReadFixed64(); break;
                case AttributeTag: attributes.Add(body, reader.ReadSlice(), limits); break;
                case EventTag: span._lastEvent = reader.ReadSlice(); break;
                case StatusTag: span.HasError = IsError(body, reader.ReadSlice()); break;
                default: reader.Skip(tag); break;
            }
        }

        return span;
    }

    private static bool IsError(ReadOnlySpan<byte> body, Slice status)
    {
        var reader = new ProtoReader(body, status);
        var error = false;
        while (reader.TryReadTag(out var tag))
        {
            if (tag == StatusCodeTag) error = reader.ReadVarint() == StatusError;
            else reader.Skip(tag);
        }

        return error;
    }

    /// <summary><c>exception.type</c> of the last event if that is an exception; else empty.</summary>
    public readonly ReadOnlySpan<byte> ExceptionType(ReadOnlySpan<byte> body)
    {
        if (_lastEvent.Length == 0) return default;
        var isException = false;
        ReadOnlySpan<byte> type = default;
        var reader = new ProtoReader(body, _lastEvent);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == EventNameTag)
            {
                isException = reader.ReadSlice().In(body).SequenceEqual("exception"u8);
            }
            else if (tag == EventAttributeTag)
            {
                var pair = new ProtoReader(body, reader.ReadSlice());
                Slice key = default, value = default;
                while (pair.TryReadTag(out var inner))
                {
                    if (inner == KeyTag) key = pair.ReadSlice();
                    else if (inner == ValueTag) value = pair.ReadSlice();
                    else pair.Skip(inner);
                }

                if (!key.In(body).SequenceEqual("exception.type"u8)) continue;
                var told = AttributeValue.Read(body, value);
                if (told.Kind == ValueKind.String) type = told.Text.In(body);
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return isException ? type : default;
    }
}
