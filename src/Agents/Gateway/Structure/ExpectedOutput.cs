using System.Text.Json;
using FinOps.Domain.Policies;

namespace FinOps.Gateway.Structure;

/// <summary>The structure that a request asks for.</summary>
/// <param name="Schema">Of the answer's text; null with <paramref name="IsJson"/>: any JSON object.</param>
/// <param name="IsJson">The answer's text must be JSON.</param>
/// <param name="Tools">Schemas of the inputs of the tools that the model must call one of, by name; null: it need not.</param>
internal sealed record ExpectedOutput(JsonElement? Schema, bool IsJson, IReadOnlyDictionary<string, JsonElement>? Tools)
{
    /// <summary>Bytes of a request's schemas that are read. One with more is not validated.</summary>
    public const int MaxSchemaBytes = 256 << 10;

    /// <summary>No reader of ours goes into it by recursion.</summary>
    public static JsonDocumentOptions Deep { get; } = new() { MaxDepth = 10_000 };

    /// <summary>Null: it asks for none, or for one that is not known.</summary>
    public static ExpectedOutput? Of(RequestOperation operation, ReadOnlySpan<byte> body)
    {
        try
        {
            return operation switch
            {
                RequestOperation.Chat => OfFormat(Field(body, "response_format"u8), "json_schema"),
                RequestOperation.Responses => OfFormat(Inside(Field(body, "text"u8), "format"), null),
                RequestOperation.Messages => OfTools(Field(body, "tool_choice"u8), body)
                    ?? OfFormat(Inside(Field(body, "output_config"u8), "format") ?? Field(body, "output_format"u8), null),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The provider says what is wrong with it.
            return null;
        }
    }

    private static ExpectedOutput? OfFormat(JsonElement? format, string? inside)
    {
        if (format is not { ValueKind: JsonValueKind.Object } asked || !asked.TryGetProperty("type", out var type)) return null;
        if (type.ValueEquals("json_object")) return new ExpectedOutput(null, true, null);
        if (!type.ValueEquals("json_schema")) return null;
        if (inside is not null && !asked.TryGetProperty(inside, out asked)) return null;
        return asked.ValueKind == JsonValueKind.Object && asked.TryGetProperty("schema", out var schema) ? new ExpectedOutput(schema, true, null) : null;
    }

    private static ExpectedOutput? OfTools(JsonElement? choice, ReadOnlySpan<byte> body)
    {
        if (choice is not { ValueKind: JsonValueKind.Object } chosen || !chosen.TryGetProperty("type", out var type)) return null;
        var isOne = type.ValueEquals("tool");
        if (!isOne && !type.ValueEquals("any")) return null;
        if (Field(body, "tools"u8) is not { ValueKind: JsonValueKind.Array } tools) return null;
        var only = isOne && chosen.TryGetProperty("name", out var named) ? named.GetString() : null;
        Dictionary<string, JsonElement> schemas = new(StringComparer.Ordinal);
        foreach (var tool in tools.EnumerateArray())
        {
            // The provider's own tools have no schema: what they are called with is its affair.
            if (!tool.TryGetProperty("name", out var name) || !tool.TryGetProperty("input_schema", out var schema)) continue;
            if (only is null || name.ValueEquals(only)) schemas[name.GetString()!] = schema;
        }

        return schemas.Count == 0 ? null : new ExpectedOutput(null, false, schemas);
    }

    private static JsonElement? Inside(JsonElement? value, string name) => value is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var inner) ? inner : null;

    /// <summary>A field of the request, apart from its body.</summary>
    private static JsonElement? Field(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!isIt) continue;
            var length = (int)reader.BytesConsumed - start;
            if (length > MaxSchemaBytes) return null;
            using var document = JsonDocument.Parse(body.Slice(start, length).ToArray(), Deep);
            return document.RootElement.Clone();
        }

        return null;
    }
}
