using System.Text.Json;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp.Bodies;

namespace FinOps.Ingest.Otlp.Json;

/// <summary>
/// OTLP/JSON to OTLP/protobuf, in one pass and without objects. A wrong value inside a span, a data point or a log record costs that item alone (it is
/// counted and left out); wrong syntax, or a wrong value outside of items, refuses the body.
/// </summary>
internal ref struct OtlpJsonTranscoder
{
    /// <summary>The reader's own bound, above ours, so that what is nested too deep can still be skipped within an item.</summary>
    private const int ReaderDepth = 10_000;

    private readonly PooledBuffer _output;
    private readonly IngestTally _tally;
    private readonly int _maxDepth;
    private Utf8JsonReader _reader;
    private int _leftOut;

    private OtlpJsonTranscoder(ReadOnlySpan<byte> json, PooledBuffer output, int maxDepth, IngestTally tally)
    {
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ReaderDepth });
        _output = output;
        _maxDepth = maxDepth;
        _tally = tally;
    }

    private enum Step : byte
    {
        Done,

        /// <summary>A value that cannot be: the item around it is left out, or without one the request is refused.</summary>
        BadValue,

        /// <summary>No room: the request is refused.</summary>
        NoRoom,
    }

    /// <param name="leftOut">Items that are not in the output because of a wrong value; they are in the tally.</param>
    /// <returns>Null when the output holds the request, else why it was refused.</returns>
    public static IngestReason? Transcode(
        IngestSignal signal, ReadOnlySpan<byte> json, PooledBuffer output, int maxDepth, IngestTally tally, out int leftOut)
    {
        leftOut = 0;
        if (json is [0xEF, 0xBB, 0xBF, ..]) json = json[3..];
        var transcoder = new OtlpJsonTranscoder(json, output, maxDepth, tally);
        try
        {
            var refusal = transcoder.Run(OtlpShapes.Of(signal));
            leftOut = transcoder._leftOut;
            return refusal;
        }
        catch (JsonException)
        {
            return IngestReason.Malformed;
        }
    }

    private IngestReason? Run(MessageShape request)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject) return IngestReason.Malformed;
        var step = WriteContent(request);
        if (step != Step.Done) return step == Step.NoRoom ? _output.Refusal : IngestReason.Malformed;
        _reader.Read();
        return null;
    }

    private Step WriteContent(MessageShape shape)
    {
        if (_reader.CurrentDepth >= _maxDepth)
        {
            // What is left is still deeper than any attribute may be, so the mapping drops that attribute and keeps its span.
            _tally.Count(IngestReason.NestedTooDeep);
            _reader.Skip();
            return Step.Done;
        }

        var next = 0;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = shape.Find(ref _reader, ref next);
            _reader.Read();
            if (field is null)
            {
                _reader.Skip();
                continue;
            }

            if (_reader.TokenType == JsonTokenType.Null) continue;
            var step = WriteField(field);
            if (step != Step.Done) return step;
        }

        return Step.Done;
    }

    private Step WriteField(FieldShape field) => field.Kind switch
    {
        FieldKind.Message => WriteMessage(field),
        FieldKind.RepeatedMessage => WriteMessages(field),
        FieldKind.PackedFixed64 or FieldKind.PackedUInt64 or FieldKind.PackedDouble => WritePacked(field),
        FieldKind.String or FieldKind.HexBytes or FieldKind.Base64Bytes => WriteBytes(field),
        _ => WriteScalar(field),
    };

    private Step WriteMessages(FieldShape field)
    {
        if (_reader.TokenType != JsonTokenType.StartArray) return Step.BadValue;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType == JsonTokenType.Null) continue;
            var step = WriteMessage(field);
            if (step != Step.Done) return step;
        }

        return Step.Done;
    }

    private Step WriteMessage(FieldShape field)
    {
        if (_reader.TokenType != JsonTokenType.StartObject) return Step.BadValue;
        var shape = field.Message!;
        var depth = _reader.CurrentDepth;
        var start = _output.Length;
        if (!_output.TryReserve(ProtobufOutput.FieldOverhead)) return Step.NoRoom;
        _output.WriteVarint(field.Tag);
        _output.Length += shape.LengthBytes;
        var contentStart = _output.Length;
        var step = WriteContent(shape);
        if (step == Step.Done) return _output.TryCloseLength(contentStart, shape.LengthBytes) ? Step.Done : Step.NoRoom;
        if (step != Step.BadValue || !shape.IsItem) return step;

        _output.Length = start;
        _tally.Count(IngestReason.MalformedItem);
        _leftOut++;
        while (_reader.TokenType != JsonTokenType.EndObject || _reader.CurrentDepth != depth) _reader.Read();
        return Step.Done;
    }

    private Step WriteBytes(FieldShape field)
    {
        if (_reader.TokenType != JsonTokenType.String) return Step.BadValue;
        var text = _reader.ValueSpan;
        if (text.IsEmpty && !field.Explicit) return Step.Done;
        if (!_output.TryReserve(text.Length + ProtobufOutput.FieldOverhead)) return Step.NoRoom;
        _output.WriteVarint(field.Tag);

        // Plain texts, the usual case, go over in one copy with their final length.
        if (field.Kind == FieldKind.String && !_reader.ValueIsEscaped)
        {
            _output.WriteVarint((uint)text.Length);
            text.CopyTo(_output.Free);
            _output.Length += text.Length;
            return Step.Done;
        }

        var lengthBytes = ProtobufOutput.VarintLength((uint)text.Length);
        _output.Length += lengthBytes;
        var contentStart = _output.Length;
        var content = _output.Free;
        if (_reader.ValueIsEscaped)
        {
            var unescaped = JsonText.Unescape(text, content);
            text = content[..unescaped];
        }

        // Decoding in place is safe: both encodings are read ahead of what they write.
        var written = text.Length;
        if (field.Kind == FieldKind.HexBytes)
        {
            if (!JsonText.TryDecodeHex(text, content)) return Step.BadValue;
            written /= 2;
        }
        else if (field.Kind == FieldKind.Base64Bytes && !JsonText.TryDecodeBase64(text, content, out written))
        {
            return Step.BadValue;
        }

        _output.Length += written;
        return _output.TryCloseLength(contentStart, lengthBytes) ? Step.Done : Step.NoRoom;
    }

    private Step WriteScalar(FieldShape field)
    {
        if (!JsonNumbers.TryRead(ref _reader, field, out var bits)) return Step.BadValue;
        if (bits == 0 && !field.Explicit) return Step.Done;
        if (!_output.TryReserve(ProtobufOutput.FieldOverhead)) return Step.NoRoom;
        _output.WriteVarint(field.Tag);
        WriteBits(field.Kind, bits);
        return Step.Done;
    }

    private Step WritePacked(FieldShape field)
    {
        if (_reader.TokenType != JsonTokenType.StartArray) return Step.BadValue;
        if (!_output.TryReserve(ProtobufOutput.FieldOverhead)) return Step.NoRoom;
        const int LengthBytes = 1;
        _output.WriteVarint(field.Tag);
        _output.Length += LengthBytes;
        var contentStart = _output.Length;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (!JsonNumbers.TryRead(ref _reader, field, out var bits)) return Step.BadValue;
            if (!_output.TryReserve(ProtobufOutput.FieldOverhead)) return Step.NoRoom;
            WriteBits(field.Kind, bits);
        }

        return _output.TryCloseLength(contentStart, LengthBytes) ? Step.Done : Step.NoRoom;
    }

    private readonly void WriteBits(FieldKind kind, ulong bits)
    {
        switch (kind)
        {
            case FieldKind.Fixed32:
                _output.WriteFixed32((uint)bits);
                break;
            case FieldKind.Fixed64 or FieldKind.SignedFixed64 or FieldKind.Double or FieldKind.PackedFixed64 or FieldKind.PackedDouble:
                _output.WriteFixed64(bits);
                break;
            default:
                _output.WriteVarint(bits);
                break;
        }
    }

}
