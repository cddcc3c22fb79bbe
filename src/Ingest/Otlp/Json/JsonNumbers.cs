using System.Buffers.Text;
using System.Text.Json;

namespace FinOps.Ingest.Otlp.Json;

/// <summary>Numbers by the proto3 JSON rules: 64-bit ones as texts or numbers, doubles also as "NaN", "Infinity", "-Infinity".</summary>
internal static class JsonNumbers
{
    /// <summary>The value's bits as the field's kind writes them: zigzagged, two's complement, or IEEE 754.</summary>
    public static bool TryRead(ref Utf8JsonReader reader, FieldShape field, out ulong bits)
    {
        bits = 0;
        long signed;
        switch (field.Kind)
        {
            case FieldKind.Bool:
                bits = reader.TokenType == JsonTokenType.True ? 1u : 0u;
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
            case FieldKind.Double or FieldKind.PackedDouble:
                if (!TryReadDouble(ref reader, out var number)) return false;
                bits = BitConverter.DoubleToUInt64Bits(number);
                return true;
            case FieldKind.Fixed64 or FieldKind.PackedFixed64 or FieldKind.PackedUInt64:
                return TryReadUnsigned(ref reader, out bits);
            case FieldKind.UInt32 or FieldKind.Fixed32:
                return TryReadUnsigned(ref reader, out bits) && bits <= uint.MaxValue;
            case FieldKind.Int64 or FieldKind.SignedFixed64:
                if (!TryReadSigned(ref reader, out signed)) return false;
                bits = (ulong)signed;
                return true;
            case FieldKind.ZigZag32:
                if (!TryReadSigned(ref reader, out signed) || signed != (int)signed) return false;
                bits = (uint)((int)signed << 1 ^ (int)signed >> 31);
                return true;
            case FieldKind.Enum:
                return TryReadEnum(ref reader, field.EnumNames, out bits);
            default:
                return false;
        }
    }

    private static bool TryReadEnum(ref Utf8JsonReader reader, string[] names, out ulong bits)
    {
        bits = 0;
        if (reader.TokenType == JsonTokenType.String)
        {
            for (var index = 0; index < names.Length; index++)
            {
                if (!reader.ValueTextEquals(names[index])) continue;
                bits = (ulong)index;
                return true;
            }
        }

        if (!TryReadSigned(ref reader, out var signed) || signed != (int)signed) return false;
        bits = (ulong)signed;
        return true;
    }

    private static bool TryReadSigned(ref Utf8JsonReader reader, out long value)
    {
        value = 0;
        var text = reader.ValueSpan;
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String)) return false;
        if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length) return true;

        // 5.0 and 1e3 are integers too; beyond 2^53 a double would invent digits, but then the sender had none.
        if (!TryReadDouble(ref reader, out var number) || number != Math.Truncate(number) || number is not (>= -9.2233720368547758E18 and < 9.2233720368547758E18)) return false;
        value = (long)number;
        return true;
    }

    private static bool TryReadUnsigned(ref Utf8JsonReader reader, out ulong value)
    {
        value = 0;
        var text = reader.ValueSpan;
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String)) return false;
        if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length) return true;
        if (!TryReadDouble(ref reader, out var number) || number != Math.Truncate(number) || number is not (>= 0 and < 1.8446744073709552E19)) return false;
        value = (ulong)number;
        return true;
    }

    private static bool TryReadDouble(ref Utf8JsonReader reader, out double value)
    {
        value = 0;
        var text = reader.ValueSpan;
        if (reader.TokenType == JsonTokenType.Number) return reader.TryGetDouble(out value);
        if (reader.TokenType != JsonTokenType.String) return false;
        if (text.SequenceEqual("NaN"u8)) value = double.NaN;
        else if (text.SequenceEqual("Infinity"u8)) value = double.PositiveInfinity;
        else if (text.SequenceEqual("-Infinity"u8)) value = double.NegativeInfinity;
        else return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && double.IsFinite(value);
        return true;
    }
}
