using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// Turns UTF-8 into strings, and gives the same string again for bytes that come again (models, features, scopes, users), so that the hot path
/// does not allocate. Bounded by construction: a fixed number of places, the newer value takes the place of the older one. One owner at a time.
/// </summary>
internal sealed class Utf8StringCache(int places)
{
    /// <summary>Longer texts are hardly repeated names; they are not held.</summary>
    private const int MaxHeldBytes = 128;

    private readonly Entry[] _entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)places)];

    /// <param name="valid">False when the bytes are not UTF-8; the wrong ones are replaced by U+FFFD.</param>
    public string Get(ReadOnlySpan<byte> utf8, out bool valid)
    {
        valid = true;
        if (utf8.Length == 0) return "";
        if (utf8.Length > MaxHeldBytes) return Decode(utf8, out valid);

        ref var entry = ref _entries[Hash(utf8) & (uint)(_entries.Length - 1)];
        if (entry.Is(utf8)) return entry.Text!;
        var text = Decode(utf8, out valid);
        if (valid) entry = new Entry(text, text.Length == utf8.Length ? null : utf8.ToArray());
        return text;
    }

    public static string Decode(ReadOnlySpan<byte> utf8, out bool valid)
    {
        valid = System.Text.Unicode.Utf8.IsValid(utf8);
        return Encoding.UTF8.GetString(utf8);
    }

    internal static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (uint)bytes.Length * 0x9E3779B97F4A7C15;
        while (bytes.Length >= 8)
        {
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0xD6E8FEB86659FD93, 29);
            bytes = bytes[8..];
        }

        hash = (hash ^ Rest(bytes)) * 0xD6E8FEB86659FD93;
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>At most seven bytes as one number.</summary>
    private static ulong Rest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 4)
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) << 32;
        if (bytes.Length == 0) return 0;
        return bytes[0] | (uint)bytes[bytes.Length >> 1] << 8 | (uint)bytes[^1] << 16;
    }

    /// <param name="Text">Null in a place that was never used.</param>
    /// <param name="Bytes">Its UTF-8 where that is longer than the text; else they are the same letters, and one object less has to be looked at.</param>
    private readonly record struct Entry(string? Text, byte[]? Bytes)
    {
        public bool Is(ReadOnlySpan<byte> utf8) =>
            Text is not null && (Bytes is null ? Ascii.Equals(utf8, Text) : utf8.SequenceEqual(Bytes));
    }
}
