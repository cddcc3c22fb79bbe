using System.Text.Json;

namespace FinOps.Gateway.Routing;

/// <summary>What the user said last: the text that the classifier reads.</summary>
internal static class PromptText
{
    /// <param name="content">The value of <c>messages</c>, <c>input</c> or <c>prompt</c>.</param>
    /// <param name="to">Takes the text without escapes, as much of it as fits.</param>
    /// <returns>How much was written.</returns>
    public static int Last(ReadOnlySpan<byte> content, Span<byte> to)
    {
        var length = 0;
        try
        {
            Read(content, to, ref length);
        }
        catch (InvalidOperationException)
        {
            // Half a letter, as programs that cut text make it: whether that is text is the provider's to say, and what was read until there stands.
        }

        return length;
    }

    private static void Read(ReadOnlySpan<byte> content, Span<byte> to, ref int length)
    {
        var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = 256 });
        if (!reader.Read()) return;
        if (reader.TokenType == JsonTokenType.String)
        {
            Append(ref reader, to, ref length);
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray) return;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject) ReadMessage(ref reader, to, ref length);
            else if (reader.TokenType == JsonTokenType.String) Start(ref reader, to, ref length);
            else reader.Skip();
        }
    }

    private static void Start(ref Utf8JsonReader reader, Span<byte> to, ref int length)
    {
        length = 0;
        Append(ref reader, to, ref length);
    }

    private static void ReadMessage(ref Utf8JsonReader reader, Span<byte> to, ref int length)
    {
        // The role may stand behind the content: it is looked for first.
        var ahead = reader;
        if (!IsUsers(ref ahead))
        {
            reader = ahead;
            return;
        }

        length = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContent = reader.ValueTextEquals("content"u8);
            reader.Read();
            if (isContent && reader.TokenType == JsonTokenType.String) Append(ref reader, to, ref length);
            else if (isContent && reader.TokenType == JsonTokenType.StartArray) ReadParts(ref reader, to, ref length);
            else reader.Skip();
        }
    }

    private static bool IsUsers(ref Utf8JsonReader reader)
    {
        var isUsers = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            reader.Read();
            isUsers |= isRole && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("user"u8);
            reader.Skip();
        }

        return isUsers;
    }

    private static void ReadParts(ref Utf8JsonReader reader, Span<byte> to, ref int length)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isText = reader.ValueTextEquals("text"u8);
                reader.Read();
                if (isText && reader.TokenType == JsonTokenType.String) Append(ref reader, to, ref length);
                else reader.Skip();
            }
        }
    }

    private static void Append(ref Utf8JsonReader reader, Span<byte> to, ref int length)
    {
        var rest = to[length..];
        // Without escapes it is never longer than with them.
        if (reader.ValueSpan.Length <= rest.Length) length += reader.CopyString(rest);
        else if (!reader.ValueIsEscaped)
        {
            reader.ValueSpan[..rest.Length].CopyTo(rest);
            length += rest.Length;
        }
        else
        {
            var text = System.Text.Encoding.UTF8.GetBytes(reader.GetString()!);
            var count = Math.Min(text.Length, rest.Length);
            text.AsSpan(0, count).CopyTo(rest);
            length += count;
        }
    }
}
