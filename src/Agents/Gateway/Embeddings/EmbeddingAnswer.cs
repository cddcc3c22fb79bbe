using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Embeddings;

/// <summary>Where what is wanted stands in a provider's answer, if it is the one that is expected: OpenAI's list of vectors, in the order of what was asked.</summary>
/// <param name="Data">The value of <c>data</c> with its brackets.</param>
/// <param name="Usage">The value of <c>usage</c> with its braces.</param>
/// <param name="Vectors">Each value of <c>embedding</c>, in quotes or brackets.</param>
/// <param name="PromptTokens">As the provider reports.</param>
internal sealed record EmbeddingAnswer(string Model, Place Data, Place Usage, IReadOnlyList<Place> Vectors, long PromptTokens)
{
    /// <summary>Null: it is not as expected.</summary>
    public static EmbeddingAnswer? Read(ReadOnlySpan<byte> body, int count)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            var (model, data, usage, tokens) = ("", default(Place), default(Place), -1L);
            List<Place> vectors = new(count);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isData, isUsage, isModel) = (reader.ValueTextEquals("data"u8), reader.ValueTextEquals("usage"u8), reader.ValueTextEquals("model"u8));
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (isData && reader.TokenType == JsonTokenType.StartArray)
                {
                    if (!data.IsEmpty || !ReadVectors(ref reader, vectors)) return null;
                    data = new Place(start, (int)reader.BytesConsumed - start);
                }
                else if (isUsage && reader.TokenType == JsonTokenType.StartObject)
                {
                    tokens = ReadTokens(ref reader);
                    usage = new Place(start, (int)reader.BytesConsumed - start);
                }
                else if (isModel && reader.TokenType == JsonTokenType.String)
                {
                    model = reader.GetString()!;
                }
                else
                {
                    reader.Skip();
                }
            }

            return vectors.Count == count && tokens is >= 0 and <= uint.MaxValue && model.Length != 0 ? new EmbeddingAnswer(model, data, usage, vectors, tokens) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool ReadVectors(ref Utf8JsonReader reader, List<Place> vectors)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var (vector, index) = (default(Place), -1);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isVector, isIndex, isObject) = (reader.ValueTextEquals("embedding"u8), reader.ValueTextEquals("index"u8), reader.ValueTextEquals("object"u8));
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (isIndex) _ = reader.TryGetInt32(out index);
                // A field that we do not know would be lost where the vector is given again.
                else if (!isVector && !isObject) return false;
                reader.Skip();
                if (isVector) vector = new Place(start, (int)reader.BytesConsumed - start);
            }

            if (index != vectors.Count || vector.Length < 3) return false;
            vectors.Add(vector);
        }

        return reader.TokenType == JsonTokenType.EndArray;
    }

    private static long ReadTokens(ref Utf8JsonReader reader)
    {
        var tokens = -1L;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTokens = reader.ValueTextEquals("prompt_tokens"u8);
            reader.Read();
            if (isTokens && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var told)) tokens = told;
            reader.Skip();
        }

        return tokens;
    }

    /// <summary>The vectors as a list like the provider's.</summary>
    public static void WriteData(IBufferWriter<byte> to, IReadOnlyList<KeptVector> vectors)
    {
        to.Write("["u8);
        for (var i = 0; i < vectors.Count; i++)
        {
            to.Write(i == 0 ? "{\"object\":\"embedding\",\"index\":"u8 : ",{\"object\":\"embedding\",\"index\":"u8);
            WriteNumber(to, i);
            to.Write(",\"embedding\":"u8);
            vectors[i].WriteTo(to);
            to.Write("}"u8);
        }

        to.Write("]"u8);
    }

    public static void WriteUsage(IBufferWriter<byte> to, long tokens)
    {
        to.Write("{\"prompt_tokens\":"u8);
        WriteNumber(to, tokens);
        to.Write(",\"total_tokens\":"u8);
        WriteNumber(to, tokens);
        to.Write("}"u8);
    }

    private static void WriteNumber(IBufferWriter<byte> to, long number)
    {
        Utf8Formatter.TryFormat(number, to.GetSpan(20), out var written);
        to.Advance(written);
    }
}
