using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// What later advice needs to know of prompts and answers, without keeping them: keyed hashes of the whole input, of its system and prefix block and of each
/// embedded text, and counts of messages, user turns and tool calls. The content itself is not copied anywhere but into a buffer that the next call overwrites.
/// </summary>
internal sealed class ContentEvidence
{
    private readonly ArrayBufferWriter<byte> _input = new(4096);
    private readonly ArrayBufferWriter<byte> _prefix = new(1024);
    private readonly List<ulong> _items = [];

    private static readonly FieldSet Content = new(
        Field.SystemContent, Field.ToolContent, Field.InputContent, Field.InputValue, Field.OutputContent, Field.OutputValue, Field.ToolCallsContent,
        Field.InputHashTold, Field.PrefixHashTold, Field.MessageCountTold, Field.ToolCallCountTold, Field.TurnNumberTold);

    /// <summary>Words in the input's texts: no tokenizer makes fewer tokens of them. Only counted where it is asked for.</summary>
    public int Words { get; private set; }

    /// <summary>Buffers that grew for one huge prompt are not kept for ever.</summary>
    private const int MaxKeptBytes = 1024 * 1024;

    public void Read(
        ReadOnlySpan<byte> body, AttributeSet attributes, ContentHasher hasher, MappingLimits limits, bool embeddings, bool countWords, CallReport report)
    {
        _input.ResetWrittenCount();
        _prefix.ResetWrittenCount();
        _items.Clear();
        Words = 0;
        if (attributes.Parts.Count == 0 && !attributes.HasAny(Content)) return;
        Append(body, attributes, Field.SystemContent, limits, prefix: true);
        Append(body, attributes, Field.ToolContent, limits, prefix: true);
        ReadParts(body, attributes, hasher, limits, report);
        if (report.MessageCount == 0 && _items.Count == 0) ReadInput(body, attributes, hasher, limits, embeddings, countWords, report);
        ReadOutput(body, attributes, limits, report);
        TakeTold(body, attributes, report);

        if (_input.WrittenCount > 0) report.InputHash = hasher.Hash(_input.WrittenSpan);
        if (_prefix.WrittenCount > 0) report.PrefixHash = hasher.Hash(_prefix.WrittenSpan);
        if (_items.Count > 0) report.ItemHashes = [.. _items];
        if (_input.Capacity > MaxKeptBytes) _input.Clear();
    }

    private void Append(ReadOnlySpan<byte> body, AttributeSet attributes, Field field, MappingLimits limits, bool prefix)
    {
        if (!attributes.TryGet(field, out var value) || value.Kind is not (ValueKind.String or ValueKind.Array or ValueKind.KeyValues)) return;
        var content = value.Text.In(body);
        Append(_input, content, limits);
        if (prefix) Append(_prefix, content, limits);
    }

    /// <summary>With its length before it, so that the same bytes divided otherwise give another hash.</summary>
    private static void Append(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> content, MappingLimits limits)
    {
        var room = limits.MaxHashedBytes - buffer.WrittenCount;
        if (content.IsEmpty || room <= 0) return;
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), content.Length);
        buffer.Advance(4);
        buffer.Write(content[..Math.Min(content.Length, room)]);
    }

    /// <summary>Dialects that write one attribute for each part of a message (OpenInference, older Traceloop).</summary>
    private void ReadParts(ReadOnlySpan<byte> body, AttributeSet attributes, ContentHasher hasher, MappingLimits limits, CallReport report)
    {
        if (attributes.Parts.Count == 0) return;
        var messages = 0;
        var turns = 0;
        var toolCalls = 0;
        var firstOther = int.MaxValue;
        foreach (var part in attributes.Parts)
        {
            var rest = part.Rest.In(body);
            switch (part.Family)
            {
                case PartFamily.InputMessage when rest.SequenceEqual("message.role"u8) || rest.SequenceEqual("role"u8):
                    messages++;
                    var role = part.Text.In(body);
                    if (role.SequenceEqual("user"u8)) turns++;
                    if (!IsSystem(role)) firstOther = Math.Min(firstOther, part.Index);
                    break;
                case PartFamily.OutputMessage when rest.EndsWith("tool_call.function.name"u8) || (rest.StartsWith("tool_calls."u8) && rest.EndsWith(".name"u8)):
                    toolCalls++;
                    break;
                case PartFamily.EmbeddedText when _items.Count < limits.MaxItemHashes:
                    _items.Add(hasher.Hash(part.Text.In(body)));
                    break;
            }
        }

        foreach (var part in attributes.Parts)
        {
            if (part.Family is not (PartFamily.InputMessage or PartFamily.Tool or PartFamily.EmbeddedText)) continue;
            Append(_input, part.Rest.In(body), limits);
            Append(_input, part.Text.In(body), limits);
            if (part.Family == PartFamily.EmbeddedText || (part.Family == PartFamily.InputMessage && (messages == 0 || part.Index >= firstOther))) continue;
            Append(_prefix, part.Rest.In(body), limits);
            Append(_prefix, part.Text.In(body), limits);
        }

        report.MessageCount = Saturate(messages);
        report.TurnNumber = Saturate(turns);
        report.ToolCallCount = Saturate(toolCalls);
    }

    private void ReadInput(
        ReadOnlySpan<byte> body, AttributeSet attributes, ContentHasher hasher, MappingLimits limits, bool embeddings, bool countWords, CallReport report)
    {
        if (!attributes.TryGet(Field.InputContent, out var input) && !attributes.TryGet(Field.InputValue, out input)) return;
        switch (input.Kind)
        {
            case ValueKind.Array:
                var items = 0;
                foreach (var item in new ArrayItems(body, input.Text))
                {
                    items++;
                    if (embeddings && item.Kind == ValueKind.String && _items.Count < limits.MaxItemHashes)
                        _items.Add(hasher.Hash(WithoutQuotes(item.Text.In(body))));
                }

                report.MessageCount = embeddings ? (ushort)0 : Saturate(items);
                Append(_input, input.Text.In(body), limits);
                break;
            case ValueKind.String:
                var text = input.Text.In(body);
                Append(_input, text, limits);
                if (embeddings) ReadEmbeddedTexts(text, hasher, limits);
                else if (text.Length <= limits.MaxJsonBytes) ReadMessages(text, limits, countWords, report);
                break;
        }
    }

    private void ReadEmbeddedTexts(ReadOnlySpan<byte> text, ContentHasher hasher, MappingLimits limits)
    {
        var walker = new JsonWalker(text);
        if (walker.Read() && walker.Token == JsonToken.StartArray)
        {
            while (walker.Read() && walker.Token == JsonToken.Text && _items.Count < limits.MaxItemHashes) _items.Add(hasher.Hash(walker.Value));
            return;
        }

        _items.Add(hasher.Hash(WithoutQuotes(text)));
    }

    private void ReadMessages(ReadOnlySpan<byte> json, MappingLimits limits, bool countWords, CallReport report)
    {
        var walker = new JsonWalker(json);
        var counts = default(MessageCounts);
        if (!walker.Read()) return;
        switch (walker.Token)
        {
            case JsonToken.StartArray:
                ReadMessageArray(json, ref walker, limits, countWords, ref counts);
                break;
            case JsonToken.StartObject:
                while (walker.Read() && walker.Token == JsonToken.Name)
                {
                    var name = walker.Value;
                    if (!walker.Read()) break;
                    var isMessages = name.SequenceEqual("messages"u8) || name.SequenceEqual("input"u8) || name.SequenceEqual("contents"u8) || name.SequenceEqual("prompt"u8);
                    if (isMessages && walker.Token == JsonToken.StartArray)
                    {
                        ReadMessageArray(json, ref walker, limits, countWords, ref counts);
                        continue;
                    }

                    if (isMessages && walker.Token == JsonToken.Text)
                    {
                        counts.Messages++;
                        counts.Turns++;
                        continue;
                    }

                    var start = walker.Start;
                    if (!walker.SkipChildren()) break;
                    if (name.SequenceEqual("system"u8) || name.SequenceEqual("instructions"u8) || name.SequenceEqual("tools"u8)
                        || name.SequenceEqual("system_instruction"u8))
                        Append(_prefix, json[start..walker.Position], limits);
                }

                break;
            default:
                // Plain text: one question.
                counts.Messages = counts.Turns = 1;
                break;
        }

        report.MessageCount = Saturate(counts.Messages);
        report.TurnNumber = Saturate(counts.Turns);
    }

    private struct MessageCounts
    {
        public int Messages;
        public int Turns;
    }

    private void ReadMessageArray(ReadOnlySpan<byte> json, ref JsonWalker walker, MappingLimits limits, bool countWords, ref MessageCounts counts)
    {
        var depth = walker.Depth;
        var leading = true;
        while (walker.Read() && walker.Depth >= depth)
        {
            if (walker.Token == JsonToken.Text)
            {
                counts.Messages++;
                counts.Turns++;
                leading = false;
                continue;
            }

            if (walker.Token != JsonToken.StartObject)
            {
                if (!walker.SkipChildren()) return;
                continue;
            }

            var start = walker.Start;
            ReadOnlySpan<byte> name = default, role = default;
            while (walker.Read() && walker.Depth > depth)
            {
                if (walker.Token == JsonToken.Name) name = walker.Value;
                else if (walker.Token == JsonToken.Text)
                {
                    if (walker.Depth == depth + 1 && name.SequenceEqual("role"u8)) role = walker.Value;
                    else if (countWords && (name.SequenceEqual("content"u8) || name.SequenceEqual("text"u8))) Words += CountWords(walker.Value);
                }
            }

            counts.Messages++;
            if (role.SequenceEqual("user"u8)) counts.Turns++;
            leading &= IsSystem(role);
            if (leading && walker.Token == JsonToken.EndObject) Append(_prefix, json[start..walker.Position], limits);
        }
    }

    private static void ReadOutput(ReadOnlySpan<byte> body, AttributeSet attributes, MappingLimits limits, CallReport report)
    {
        if (report.ToolCallCount != 0) return;
        if (attributes.TryGet(Field.ToolCallsContent, out var calls) && calls.Kind == ValueKind.String && calls.Text.Length <= limits.MaxJsonBytes)
        {
            var walker = new JsonWalker(calls.Text.In(body));
            var count = 0;
            while (walker.Read())
                if (walker.Token == JsonToken.StartObject && walker.Depth == 2) count++;
            report.ToolCallCount = Saturate(count);
        }
        else if (attributes.TryGet(Field.OutputContent, out var output) && output.Kind == ValueKind.String && output.Text.Length <= limits.MaxJsonBytes)
        {
            var walker = new JsonWalker(output.Text.In(body));
            var count = 0;
            ReadOnlySpan<byte> name = default;
            while (walker.Read())
            {
                if (walker.Token == JsonToken.Name) name = walker.Value;
                else if (walker.Token == JsonToken.Text && name.SequenceEqual("type"u8) && IsToolCall(walker.Value)) count++;
            }

            report.ToolCallCount = Saturate(count);
        }
    }

    /// <summary>Our own gateway keeps the content at the edge and tells the evidence itself.</summary>
    private static void TakeTold(ReadOnlySpan<byte> body, AttributeSet attributes, CallReport report)
    {
        if (attributes.TryGetLong(body, Field.MessageCountTold, out var messages)) report.MessageCount = Saturate(messages);
        if (attributes.TryGetLong(body, Field.ToolCallCountTold, out var calls)) report.ToolCallCount = Saturate(calls);
        if (attributes.TryGetLong(body, Field.TurnNumberTold, out var turn)) report.TurnNumber = Saturate(turn);
        if (ulong.TryParse(attributes.Text(body, Field.InputHashTold), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var input))
            report.InputHash = input;
        if (ulong.TryParse(attributes.Text(body, Field.PrefixHashTold), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var prefix))
            report.PrefixHash = prefix;
    }

    private static bool IsSystem(ReadOnlySpan<byte> role) => role.SequenceEqual("system"u8) || role.SequenceEqual("developer"u8);

    private static bool IsToolCall(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("tool_call"u8) || type.SequenceEqual("tool-call"u8) || type.SequenceEqual("tool_use"u8) || type.SequenceEqual("function"u8)
        || type.SequenceEqual("function_call"u8);

    private static ReadOnlySpan<byte> WithoutQuotes(ReadOnlySpan<byte> text) =>
        text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;

    private static int CountWords(ReadOnlySpan<byte> text)
    {
        var words = 0;
        var inside = false;
        foreach (var letter in text)
        {
            var isLetter = letter is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9');
            if (isLetter && !inside) words++;
            inside = isLetter;
        }

        return words;
    }

    private static ushort Saturate(long count) => (ushort)Math.Clamp(count, 0, ushort.MaxValue);
}
