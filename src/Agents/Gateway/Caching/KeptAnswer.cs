using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Domain.Usage;

namespace FinOps.Gateway.Caching;

/// <summary>An answer as it was given, and what is told of it when it is given again.</summary>
internal sealed record KeptAnswer(AnswerHead Head, byte[] Body)
{
    /// <summary>The head as JSON behind its length, then the body.</summary>
    public byte[] ToFile()
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(Head, KeptAnswerJson.Default.AnswerHead);
        var file = new byte[4 + head.Length + Body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(file, head.Length);
        head.CopyTo(file, 4);
        Body.CopyTo(file, 4 + head.Length);
        return file;
    }

    /// <summary>Null where the file is none of ours, or cut off.</summary>
    public static KeptAnswer? FromFile(ReadOnlySpan<byte> file)
    {
        if (file.Length < 4 || BinaryPrimitives.ReadInt32LittleEndian(file) is not (> 0 and var length) || length > file.Length - 4) return null;
        try
        {
            var head = JsonSerializer.Deserialize(file.Slice(4, length), KeptAnswerJson.Default.AnswerHead);
            var body = file[(4 + length)..];
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
