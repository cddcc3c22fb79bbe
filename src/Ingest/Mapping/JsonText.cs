using System.Buffers;
using System.Text;

namespace FinOps.Ingest.Mapping;

internal delegate string TextMaker(ReadOnlySpan<byte> utf8);

/// <summary>Texts inside JSON, as they were meant.</summary>
internal static class JsonText
{
    /// <summary>Takes a JSON text without its quotes; what is no valid escape stays as it is.</summary>
    public static string Unescape(ReadOnlySpan<byte> text, TextMaker make)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            return make(buffer.AsSpan(0, Unescape(text, buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Unescape(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        var written = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\\' || at + 1 == text.Length)
            {
                destination[written++] = text[at];
                continue;
            }

            at++;
            if (text[at] == 'u' && TryHex(text, at + 1, out var first))
            {
                at += 4;
                var rune = char.IsHighSurrogate((char)first) && at + 2 < text.Length && text[at + 1] == '\\' && text[at + 2] == 'u'
                    && TryHex(text, at + 3, out var second) && char.IsLowSurrogate((char)second)
                    ? new Rune((char)first, (char)second)
                    : Rune.TryCreate((char)first, out var single) ? single : Rune.ReplacementChar;
                if (rune.Value > char.MaxValue) at += 6;
                written += rune.EncodeToUtf8(destination[written..]);
                continue;
            }

            destination[written++] = text[at] switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                var other => other,
            };
        }

        return written;
    }

    private static bool TryHex(ReadOnlySpan<byte> text, int at, out int value)
    {
        value = 0;
        return at + 4 <= text.Length
            && System.Buffers.Text.Utf8Parser.TryParse(text.Slice(at, 4), out value, out var used, 'x') && used == 4;
    }
}
