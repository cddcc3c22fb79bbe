using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Domain.Usage;

namespace FinOps.Gateway.Caching;

/// <summary>An answer as it was given, and what is told of it when it is given again.</summary>
internal sealed record KeptAnswer(AnswerHead Head, byte[] Body)
{
    private const int LengthBytes = 4;

    /// <summary>What a thread keeps for more than the next answer.</summary>
    private const int MaxKeptBytes = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _file;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>The head as JSON behind its length, then the body. It is there until this thread makes the next one.</summary>
    public static ReadOnlySpan<byte> ToFile(AnswerHead head, ReadOnlySpan<byte> body)
    {
        if (_file is null || _file.Capacity > MaxKeptBytes) _file = new ArrayBufferWriter<byte>();
        _file.ResetWrittenCount();
        _file.Write<byte>([0, 0, 0, 0]);
        if (_writer is null) _writer = new Utf8JsonWriter(_file);
        else _writer.Reset(_file);
        JsonSerializer.Serialize(_writer, head, KeptAnswerJson.Default.AnswerHead);
        _writer.Flush();
        BinaryPrimitives.WriteInt32LittleEndian(MemoryMarshal.AsMemory(_file.WrittenMemory).Span, _file.WrittenCount - LengthBytes);
        _file.Write(body);
        return _file.WrittenSpan;
    }

    /// <summary>Null where the file is none of ours, or cut off.</summary>
    public static KeptAnswer? FromFile(ReadOnlySpan<byte> file)
    {
        if (file.Length < LengthBytes || BinaryPrimitives.ReadInt32LittleEndian(file) is not (> 0 and var length) || length > file.Length - LengthBytes) return null;
        try
        {
            var head = JsonSerializer.Deserialize(file.Slice(LengthBytes, length), KeptAnswerJson.Default.AnswerHead);
            var body = file[(LengthBytes + length)..];
            return head is null || head.BodyBytes != body.Length ? null : new KeptAnswer(head, body.ToArray());
        }
        catch (JsonException)
        {
            return null; // The caller counts and forgets it.
        }
    }
}

/// <param name="ContentType">Of the whole body: an answer, or the events of a stream.</param>
/// <param name="Usage">What the provider reported then: what a hit avoids.</param>
internal sealed record AnswerHead(string ContentType, int BodyBytes, DateTimeOffset KeptAt, DateTimeOffset ExpiresAt, string Model, string ServiceTier, string FinishReason, UsageVector Usage);

// What is not told is left out: the head of a vector would else be as long as a short vector.
[JsonSourceGenerationOptions(IncludeFields = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AnswerHead))]
internal sealed partial class KeptAnswerJson : JsonSerializerContext;
