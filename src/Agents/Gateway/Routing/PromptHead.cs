using System.Buffers.Binary;
using System.Text;
using FinOps.Domain.Usage;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Metering;

namespace FinOps.Gateway.Routing;

/// <summary>
/// Tells prompts apart by what stays as a conversation goes on: its session, what stands before the messages, and the instructions among these; without a session what the user said first, too. A provider keeps prompts by their
/// beginning, so that another agent of the same session is another prompt.
/// </summary>
internal static class PromptHead
{
    /// <summary>Of each part that is looked at; of a longer one the beginning and its length. Default 4 KiB.</summary>
    private const int MaxPartBytes = 4 << 10;

    /// <returns>Never 0; a keyed hash, from which nothing can be read.</returns>
    public static ulong Of(GatewayCall call, ContentHash hash)
    {
        var body = call.Body!.Span;
        var session = call.Tags[Tag.Session];
        Span<byte> parts = stackalloc byte[6 * 12];
        Span<byte> text = stackalloc byte[1024];
        Write(parts, 0, Utf8(session, text), hash);
        // Who brings the provider's key shares with nobody.
        Write(parts, 1, Utf8(call.Key is null ? call.CallersKey ?? "" : "", text), hash);
        foreach (var field in call.Facts.All ?? [])
        {
            var place = body.Slice(field.Name.Start, field.Name.Length) switch
            {
                var name when name.SequenceEqual("system"u8) => 2,
                var name when name.SequenceEqual("instructions"u8) => 3,
                var name when name.SequenceEqual("tools"u8) => 4,
                _ => -1,
            };
            if (place >= 0) Write(parts, place, body.Slice(field.Value.Start, field.Value.Length), hash);
        }

        var content = body.Slice(call.Facts.Content.Start, call.Facts.Content.Length);
        Write(parts, 5, content[..(session.Length == 0 ? call.Facts.OpeningLength : call.Facts.InstructionsLength)], hash);
        return hash.Hash(parts);
    }

    private static ReadOnlySpan<byte> Utf8(string text, Span<byte> to) => Encoding.UTF8.TryGetBytes(text, to, out var count) ? to[..count] : Encoding.UTF8.GetBytes(text);

    private static void Write(Span<byte> parts, int place, ReadOnlySpan<byte> part, ContentHash hash)
    {
        var to = parts.Slice(place * 12, 12);
        BinaryPrimitives.WriteUInt64LittleEndian(to, hash.Hash(part[..Math.Min(part.Length, MaxPartBytes)]));
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], part.Length);
    }
}
