using System.Buffers.Binary;
using System.Buffers.Text;

namespace FinOps.Ingest.Mapping;

internal enum ValueKind : byte
{
    None = 0,
    String,
    Bool,
    Int,
    Double,
    Array,
    KeyValues,
    Bytes,
}

/// <summary>An OTLP AnyValue, not decoded: where its text lies in the request, or its number.</summary>
internal readonly struct AttributeValue
{
    private const byte KeyTag = 1 << 3 | (int)Wire.Length;
    private const byte ValueTag = 2 << 3 | (int)Wire.Length;
    private const uint StringTag = 1 << 3 | Wire.Length;
    private const uint BoolTag = 2 << 3 | Wire.Varint;
    private const uint IntTag = 3 << 3 | Wire.Varint;
    private const uint DoubleTag = 4 << 3 | Wire.Fixed64;
    private const uint ArrayTag = 5 << 3 | Wire.Length;
    private const uint KeyValuesTag = 6 << 3 | Wire.Length;
    private const uint BytesTag = 7 << 3 | Wire.Length;

    private readonly long _bits;

    private AttributeValue(ValueKind kind, Slice text)
    {
        Kind = kind;
        Text = text;
    }

    private AttributeValue(ValueKind kind, long bits)
    {
        Kind = kind;
        _bits = bits;
    }

    public ValueKind Kind { get; }

    /// <summary>The bytes of a string, or the encoded message of an array or a key-value list.</summary>
    public Slice Text { get; }

    public bool IsEmpty => Kind == ValueKind.None || (Kind is ValueKind.String or ValueKind.Array or ValueKind.KeyValues && Text.Length == 0);

    public static AttributeValue Read(ReadOnlySpan<byte> body, Slice window)
    {
        var reader = new ProtoReader(body, window);
        var value = default(AttributeValue);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case StringTag: value = new(ValueKind.String, reader.ReadSlice()); break;
                case BoolTag: value = new(ValueKind.Bool, reader.ReadVarint() != 0 ? 1 : 0); break;
                case IntTag: value = new(ValueKind.Int, (long)reader.ReadVarint()); break;
                case DoubleTag: value = new(ValueKind.Double, (long)reader.ReadFixed64()); break;
                case ArrayTag: value = new(ValueKind.Array, reader.ReadSlice()); break;
                case KeyValuesTag: value = new(ValueKind.KeyValues, reader.ReadSlice()); break;
                case BytesTag: value = new(ValueKind.Bytes, reader.ReadSlice()); break;
                default: reader.Skip(tag); break;
            }
        }

        return value;
    }

    /// <summary>
    /// Takes a whole KeyValue apart the way every SDK writes it: the key, then a value of one field, each length in one byte, nothing behind. False leaves
    /// it to the general reader, which reads the same; a span has twenty of them, so that this is where the time goes.
    /// </summary>
    public static bool TryReadUsual(ReadOnlySpan<byte> body, Slice keyValue, out Slice key, out AttributeValue value)
    {
        key = default;
        value = default;
        var bytes = keyValue.In(body);
        if (bytes.Length < 6 || bytes[0] != KeyTag || bytes[1] >= 0x80) return false;
        int keyLength = bytes[1];
        var at = 2 + keyLength;
        if (at + 4 > bytes.Length || bytes[at] != ValueTag || bytes[at + 1] >= 0x80 || at + 2 + bytes[at + 1] != bytes.Length) return false;
        at += 2;
        switch ((uint)bytes[at])
        {
            case StringTag when bytes[at + 1] < 0x80 && at + 2 + bytes[at + 1] == bytes.Length:
                value = new AttributeValue(ValueKind.String, new Slice(keyValue.Offset + at + 2, bytes[at + 1]));
                break;
            case IntTag when TryReadUsualInt(bytes[(at + 1)..], out var number):
                value = new AttributeValue(ValueKind.Int, number);
                break;
            case DoubleTag when at + 9 == bytes.Length:
                value = new AttributeValue(ValueKind.Double, BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 1)..]));
                break;
            default:
                return false;
        }

        key = new Slice(keyValue.Offset + 2, keyLength);
        return true;
    }

    /// <summary>A number that is not negative and takes all the bytes.</summary>
    private static bool TryReadUsualInt(ReadOnlySpan<byte> bytes, out long number)
    {
        number = 0;
        if (bytes.Length > 8) return false;
        for (var index = 0; index < bytes.Length; index++)
        {
            number |= (long)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] < 0x80) return index == bytes.Length - 1;
        }

        return false;
    }

    /// <summary>The value as a whole number, also where it came as a double or as text. False when it is none.</summary>
    public bool TryLong(ReadOnlySpan<byte> body, out long number)
    {
        switch (Kind)
        {
            case ValueKind.Int:
                number = _bits;
                return true;
            case ValueKind.Double:
                return TryLong(BitConverter.Int64BitsToDouble(_bits), out number);
            case ValueKind.String:
                var text = Text.In(body).Trim((byte)' ');
                if (Utf8Parser.TryParse(text, out number, out var used) && used == text.Length && used > 0) return true;
                if (Utf8Parser.TryParse(text, out double real, out used) && used == text.Length && used > 0) return TryLong(real, out number);
                number = 0;
                return false;
            default:
                number = 0;
                return false;
        }
    }

    public bool TryDouble(ReadOnlySpan<byte> body, out double number)
    {
        switch (Kind)
        {
            case ValueKind.Int:
                number = _bits;
                return true;
            case ValueKind.Double:
                number = BitConverter.Int64BitsToDouble(_bits);
                return double.IsFinite(number);
            case ValueKind.String:
                var text = Text.In(body).Trim((byte)' ');
                return Utf8Parser.TryParse(text, out number, out var used) && used == text.Length && used > 0 && double.IsFinite(number);
            default:
                number = 0;
                return false;
        }
    }

    /// <summary>The value as a truth, also where it came as text (LiteLLM writes "True"). False when it is none.</summary>
    public bool TryBool(ReadOnlySpan<byte> body, out bool truth)
    {
        truth = false;
        switch (Kind)
        {
            case ValueKind.Bool or ValueKind.Int:
                truth = _bits != 0;
                return true;
            case ValueKind.String:
                var text = Text.In(body);
                if (System.Text.Ascii.EqualsIgnoreCase(text, "true"u8)) return truth = true;
                return System.Text.Ascii.EqualsIgnoreCase(text, "false"u8);
            default:
                return false;
        }
    }

    internal static bool TryLong(double real, out long number)
    {
        number = 0;
        if (double.IsNaN(real)) return false;
        // Saturates: what is out of range is refused by the limits on counts, not here.
        number = real >= long.MaxValue ? long.MaxValue : real <= long.MinValue + 1 ? long.MinValue + 1 : (long)Math.Round(real);
        return true;
    }
}
