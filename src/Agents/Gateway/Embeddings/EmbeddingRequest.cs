using System.Text.Json;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Embeddings;

/// <summary>What is to be embedded, as it stands in the request.</summary>
internal static class EmbeddingRequest
{
    /// <summary>Of one request; OpenAI takes 2,048. One with more is passed on as it is.</summary>
    public const int MaxItems = 4_096;

    /// <summary>The texts, or lists of tokens, of OpenAI's <c>input</c>: a text, a list of texts, a list of tokens, or a list of those. Null: it is something else, or too much.</summary>
    public static IReadOnlyList<Place>? Items(ReadOnlySpan<byte> body, Place input)
    {
        // Other hosts ask something else under the same path, with other fields.
        if (input.IsEmpty || !body[..input.Start].TrimEnd(" \n\r\t"u8).TrimEnd((byte)':').TrimEnd(" \n\r\t"u8).EndsWith("\"input\""u8)) return null;
        var reader = new Utf8JsonReader(body.Slice(input.Start, input.Length));
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return [input];
        if (reader.TokenType != JsonTokenType.StartArray) return null;
        List<Place> items = [];
        var kind = JsonTokenType.None;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (kind == JsonTokenType.None) kind = reader.TokenType;
            if (reader.TokenType != kind) return null;
            var start = (int)reader.TokenStartIndex;
            switch (kind)
            {
                case JsonTokenType.Number: continue;
                case JsonTokenType.String: break;
                case JsonTokenType.StartArray when IsTokens(ref reader): break;
                default: return null;
            }

            if (items.Count == MaxItems) return null;
            items.Add(new Place(input.Start + start, (int)reader.BytesConsumed - start));
        }

        return kind switch
        {
            JsonTokenType.None => null,
            JsonTokenType.Number => [input],
            _ => items,
        };
    }

    private static bool IsTokens(ref Utf8JsonReader reader)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number) return false;
            count++;
        }

        return count > 0;
    }
}
