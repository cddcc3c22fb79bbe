using System.Buffers.Text;
using System.Text;

namespace FinOps.Ingest.Otlp.Json;

/// <summary>Texts inside JSON strings: escapes, hexadecimal, base64. The destination is always at least as long as the source.</summary>
internal static class JsonText
{
    /// <summary>
    /// Resolves the escapes of a string that the JSON reader has already checked. A surrogate without its partner (a text cut in the middle of a
    /// character, as JavaScript writes it) becomes U+FFFD: one odd character must not refuse a request.
    /// </summary>
    public static int Unescape(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var escape = source.IndexOf((byte)'\\');
            if (escape < 0)
            {
                source.CopyTo(destination[written..]);
                return written + source.Length;
            }

            source[..escape].CopyTo(destination[written..]);
            written += escape;
            var letter = source[escape + 1];
            if (letter != 'u')
            {
                destination[written++] = Plain(letter);
                source = source[(escape + 2)..];
                continue;
            }

            var high = CodeUnit(source[(escape + 2)..]);
            source = source[(escape + 6)..];
            Rune rune;
            if (char.IsHighSurrogate(high) && source is [(byte)'\\', (byte)'u', ..] && CodeUnit(source[2..]) is var low && char.IsLowSurrogate(low))
            {
                rune = new Rune(high, low);
                source = source[6..];
            }
            else if (!Rune.TryCreate(high, out rune))
            {
                rune = Rune.ReplacementChar;
            }

            written += rune.EncodeToUtf8(destination[written..]);
        }
    }

    public static bool TryDecodeHex(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length % 2 != 0) return false;
        for (var index = 0; index < source.Length; index += 2)
        {
            var high = Nibble(source[index]);
            var low = Nibble(source[index + 1]);
            if ((high | low) > 15) return false;
            destination[index / 2] = (byte)(high << 4 | low);
        }

        return true;
    }

    /// <summary>The usual and the URL-safe alphabet, with and without padding, as proto3 JSON demands.</summary>
    public static bool TryDecodeBase64(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        written = 0;
        if (Base64.IsValid(source)) return Base64.DecodeFromUtf8(source, destination, out _, out written) == System.Buffers.OperationStatus.Done;
        if (Base64Url.IsValid(source)) return Base64Url.TryDecodeFromUtf8(source, destination, out written);
        if (source.Length % 4 is 0 or 1) return false;

        // The usual alphabet without its padding.
        Span<byte> padded = source.Length < 1024 ? stackalloc byte[source.Length + 3] : new byte[source.Length + 3];
        source.CopyTo(padded);
        padded[source.Length..].Fill((byte)'=');
        return Base64.DecodeFromUtf8(padded[..((source.Length + 3) / 4 * 4)], destination, out _, out written) == System.Buffers.OperationStatus.Done;
    }

    private static byte Plain(byte letter) => letter switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => letter,
    };

    private static char CodeUnit(ReadOnlySpan<byte> digits) =>
        (char)(Nibble(digits[0]) << 12 | Nibble(digits[1]) << 8 | Nibble(digits[2]) << 4 | Nibble(digits[3]));

    private static int Nibble(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => 16,
    };
}
