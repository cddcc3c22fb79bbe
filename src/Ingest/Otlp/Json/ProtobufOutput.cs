using System.Buffers.Binary;
using System.Numerics;
using FinOps.Ingest.Otlp.Bodies;

namespace FinOps.Ingest.Otlp.Json;

/// <summary>Protobuf primitives into a pooled buffer. Room is reserved by the caller, once a field.</summary>
internal static class ProtobufOutput
{
    /// <summary>A tag and a varint, or a tag, a length and its correction.</summary>
    public const int FieldOverhead = 24;

    public static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    public static void WriteVarint(this PooledBuffer output, ulong value)
    {
        var free = output.Free;
        var index = 0;
        for (; value >= 0x80; value >>= 7) free[index++] = (byte)(value | 0x80);
        free[index++] = (byte)value;
        output.Length += index;
    }

    public static void WriteFixed32(this PooledBuffer output, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.Free, value);
        output.Length += 4;
    }

    public static void WriteFixed64(this PooledBuffer output, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.Free, value);
        output.Length += 8;
    }

    /// <summary>
    /// Puts the length before the content that was written after <paramref name="contentStart"/>, where so many bytes were left free for it.
    /// Lengths stand before contents in protobuf but are known after them; the guess is mostly right, else the content moves by a byte or two.
    /// </summary>
    public static bool TryCloseLength(this PooledBuffer output, int contentStart, int guessedBytes)
    {
        var length = output.Length - contentStart;
        var needed = VarintLength((uint)length);
        if (needed != guessedBytes)
        {
            if (needed > guessedBytes && !output.TryReserve(needed - guessedBytes)) return false;
            var bytes = output.Array.AsSpan();
            bytes.Slice(contentStart, length).CopyTo(bytes[(contentStart - guessedBytes + needed)..]);
        }

        output.Length = contentStart - guessedBytes;
        output.WriteVarint((uint)length);
        output.Length += length;
        return true;
    }
}
