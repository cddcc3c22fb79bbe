using System.Buffers.Text;

namespace FinOps.Ingest.Mapping;

internal enum PartFamily : byte
{
    InputMessage,
    OutputMessage,
    Tool,
    EmbeddedText,
}

/// <summary>One attribute of content that a dialect spreads over many: <c>llm.input_messages.3.message.role</c> is family, index and rest.</summary>
internal readonly record struct ContentPart(PartFamily Family, int Index, Slice Rest, Slice Text)
{
    public static bool TryRead(ReadOnlySpan<byte> name, Slice key, AttributeValue value, out ContentPart part)
    {
        part = default;
        if (name.Length < 12 || value.Kind != ValueKind.String) return false;
        if (!TryFamily(name, out var family, out var prefix)) return false;
        var rest = name[prefix..];
        if (!Utf8Parser.TryParse(rest, out int index, out var digits) || index < 0 || digits >= rest.Length || rest[digits] != '.') return false;
        var skipped = prefix + digits + 1;
        if (family == PartFamily.EmbeddedText && !name[skipped..].SequenceEqual("embedding.text"u8)) return false;
        part = new ContentPart(family, index, new Slice(key.Offset + skipped, key.Length - skipped), value.Text);
        return true;
    }

    private static bool TryFamily(ReadOnlySpan<byte> name, out PartFamily family, out int prefix)
    {
        (family, prefix) = name[0] switch
        {
            (byte)'l' when name.StartsWith("llm.input_messages."u8) => (PartFamily.InputMessage, 19),
            (byte)'l' when name.StartsWith("llm.output_messages."u8) => (PartFamily.OutputMessage, 20),
            (byte)'l' when name.StartsWith("llm.tools."u8) => (PartFamily.Tool, 10),
            (byte)'l' when name.StartsWith("llm.request.functions."u8) => (PartFamily.Tool, 22),
            (byte)'g' when name.StartsWith("gen_ai.prompt."u8) => (PartFamily.InputMessage, 14),
            (byte)'g' when name.StartsWith("gen_ai.completion."u8) => (PartFamily.OutputMessage, 18),
            (byte)'e' when name.StartsWith("embedding.embeddings."u8) => (PartFamily.EmbeddedText, 21),
            _ => (PartFamily.InputMessage, 0),
        };
        return prefix != 0;
    }
}
