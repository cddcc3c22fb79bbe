using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace FinOps.Domain.Samples;

/// <summary>Which part of a call a text is.</summary>
public enum SamplePartKind : byte
{
    System = 1,
    Tools = 2,
    Input = 3,
    Output = 4,
}

/// <summary>One text of a sample, exactly as the instrumentation told it: plain text, or JSON where it told messages.</summary>
/// <param name="Name">The attribute, or the rest of its name where a dialect writes one for each part of a message (<c>0.message.content</c>).</param>
public sealed record SamplePart(SamplePartKind Kind, string Name, string Text)
{
    private const int HeadBytes = 1 + 2 + 4;

    /// <summary>Bytes that a part takes beside its text.</summary>
    public static int Overhead(int nameBytes) => HeadBytes + nameBytes;

    /// <summary>Writes a part behind the others. The name has at most 65,535 bytes.</summary>
    public static void Write(IBufferWriter<byte> content, SamplePartKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        var head = content.GetSpan(HeadBytes);
        head[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], checked((ushort)name.Length));
        BinaryPrimitives.WriteInt32LittleEndian(head[3..], text.Length);
        content.Advance(HeadBytes);
        content.Write(name);
        content.Write(text);
    }

    /// <summary>The parts of opened content in the order of a conversation: system, tools, input, output. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="FormatException">The bytes are no content of a sample.</exception>
    public static IReadOnlyList<SamplePart> Read(ReadOnlySpan<byte> content)
    {
        List<SamplePart> parts = [];
        while (!content.IsEmpty)
        {
            if (content.Length < HeadBytes) throw Broken();
            var (kind, name, text) = ((SamplePartKind)content[0], (int)BinaryPrimitives.ReadUInt16LittleEndian(content[1..]), BinaryPrimitives.ReadInt32LittleEndian(content[3..]));
            content = content[HeadBytes..];
            if (text < 0 || content.Length - name < text) throw Broken();
            parts.Add(new SamplePart(kind, Encoding.UTF8.GetString(content[..name]), Encoding.UTF8.GetString(content.Slice(name, text))));
            content = content[(name + text)..];
        }

        return [.. parts.OrderBy(part => part.Kind)];
    }

    private static FormatException Broken() => new("The content of a sample ends within a part.");
}
