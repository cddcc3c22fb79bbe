using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// An OTLP array or key-value list as JSON, for people: some instrumentations tell messages so. <see cref="ValueDepth"/> bounded its nesting before. Reused.
/// </summary>
internal sealed class AnyValueJson : IDisposable
{
    private const uint ItemTag = 1 << 3 | Wire.Length;
    private const uint KeyTag = 1 << 3 | Wire.Length;
    private const uint ValueTag = 2 << 3 | Wire.Length;

    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly Utf8JsonWriter _writer;

    public AnyValueJson() => _writer = new Utf8JsonWriter(_json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The JSON of the value; valid until the next one is read.</summary>
    /// <exception cref="MalformedProtobufException">What is nested in the value is no AnyValue.</exception>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> body, AttributeValue value)
    {
        Clear();
        Write(body, value);
        _writer.Flush();
        return _json.WrittenSpan;
    }

    /// <summary>Overwrites what was read.</summary>
    public void Clear()
    {
        _json.Clear();
        _writer.Reset();
    }

    public void Dispose() => _writer.Dispose();

    private void Write(ReadOnlySpan<byte> body, AttributeValue value)
    {
        switch (value.Kind)
        {
            case ValueKind.String: _writer.WriteStringValue(value.Text.In(body)); break;
            case ValueKind.Bool when value.TryBool(body, out var truth): _writer.WriteBooleanValue(truth); break;
            case ValueKind.Int when value.TryLong(body, out var number): _writer.WriteNumberValue(number); break;
            case ValueKind.Double when value.TryDouble(body, out var real): _writer.WriteNumberValue(real); break;
            case ValueKind.Array: WriteArray(body, value.Text); break;
            case ValueKind.KeyValues: WriteObject(body, value.Text); break;
            // Bytes are a picture or a sound, and a double that is no number has no JSON.
            default: _writer.WriteNullValue(); break;
        }
    }

    private void WriteArray(ReadOnlySpan<byte> body, Slice array)
    {
        _writer.WriteStartArray();
        foreach (var item in new ArrayItems(body, array)) Write(body, item);
        _writer.WriteEndArray();
    }

    private void WriteObject(ReadOnlySpan<byte> body, Slice list)
    {
        _writer.WriteStartObject();
        var reader = new ProtoReader(body, list);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ItemTag) WritePair(body, reader.ReadSlice());
            else reader.Skip(tag);
        }

        _writer.WriteEndObject();
    }

    private void WritePair(ReadOnlySpan<byte> body, Slice pair)
    {
        Slice key = default, encoded = default;
        var reader = new ProtoReader(body, pair);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == KeyTag) key = reader.ReadSlice();
            else if (tag == ValueTag) encoded = reader.ReadSlice();
            else reader.Skip(tag);
        }

        _writer.WritePropertyName(key.In(body));
        Write(body, AttributeValue.Read(body, encoded));
    }
}
