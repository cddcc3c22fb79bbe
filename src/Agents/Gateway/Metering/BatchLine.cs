using System.Text.Json;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Metering;

/// <summary>One line of a batch's results, as Anthropic writes them: <c>{"custom_id":…,"result":{"type":"succeeded","message":{…}}}</c>.</summary>
internal static class BatchLine
{
    private const int MaxDepth = 256;

    /// <summary>The message that the line's request was answered with; empty: it was not. What is no JSON has none, and false says so.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> message)
    {
        message = default;
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            var place = default(Place);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isResult = reader.ValueTextEquals("result"u8);
                reader.Read();
                if (isResult && reader.TokenType == JsonTokenType.StartObject) place = Message(ref reader);
                else reader.Skip();
            }

            message = line.Slice(place.Start, place.Length);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static Place Message(ref Utf8JsonReader reader)
    {
        var succeeded = false;
        var message = default(Place);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isMessage = reader.ValueTextEquals("message"u8);
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String) succeeded = reader.ValueTextEquals("succeeded"u8);
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isMessage) message = new Place(start, (int)reader.BytesConsumed - start);
        }

        return succeeded ? message : default;
    }
}
