using System.Text.Json;

namespace FinOps.Ingest.Otlp.Json;

/// <summary>How a JSON value becomes a protobuf field.</summary>
internal enum FieldKind : byte
{
    String,

    /// <summary>Bytes as hexadecimal text: OTLP's exception for ids.</summary>
    HexBytes,
    Base64Bytes,
    Bool,
    Enum,
    UInt32,
    Int64,
    ZigZag32,
    Fixed32,
    Fixed64,
    SignedFixed64,
    Double,
    Message,
    RepeatedMessage,
    PackedFixed64,
    PackedUInt64,
    PackedDouble,
}

/// <param name="Explicit">The field has presence (a oneof member, or <c>optional</c>): written even when it holds the default.</param>
internal sealed class FieldShape(string name, int number, FieldKind kind, MessageShape? message = null, bool @explicit = false, string[]? enumNames = null)
{
    private readonly byte[] _name = System.Text.Encoding.UTF8.GetBytes(name);

    public FieldKind Kind => kind;

    /// <summary>Set after construction where shapes refer to each other.</summary>
    public MessageShape? Message { get; set; } = message;

    public bool Explicit => @explicit;

    /// <summary>Names in the order of their numbers. The specification allows numbers only; some exporters send names.</summary>
    public string[] EnumNames => enumNames ?? [];

    public uint Tag { get; } = (uint)(number << 3) | kind switch
    {
        FieldKind.Bool or FieldKind.Enum or FieldKind.UInt32 or FieldKind.Int64 or FieldKind.ZigZag32 => 0u,
        FieldKind.Fixed64 or FieldKind.SignedFixed64 or FieldKind.Double => 1u,
        FieldKind.Fixed32 => 5u,
        _ => 2u,
    };

    public bool IsNamed(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? reader.ValueTextEquals(_name) : reader.ValueSpan.SequenceEqual(_name);
}

/// <param name="lengthBytes">How many bytes the length of such a message usually takes: a right guess saves moving it.</param>
/// <param name="isItem">A span, data point or log record: what may be refused without its neighbours.</param>
internal sealed class MessageShape(int lengthBytes, bool isItem, params FieldShape[] fields)
{
    public int LengthBytes => lengthBytes;

    public bool IsItem => isItem;

    public FieldShape[] Fields => fields;

    /// <summary>The field that the reader's property names, or null. Fields mostly come in the same order, so the search starts after the last one found.</summary>
    public FieldShape? Find(ref Utf8JsonReader reader, ref int next)
    {
        for (var tried = 0; tried < fields.Length; tried++)
        {
            var index = next + tried;
            if (index >= fields.Length) index -= fields.Length;
            if (!fields[index].IsNamed(ref reader)) continue;
            next = index + 1 == fields.Length ? 0 : index + 1;
            return fields[index];
        }

        return null;
    }
}
