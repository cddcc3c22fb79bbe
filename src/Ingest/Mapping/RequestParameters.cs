using System.Buffers.Text;

namespace FinOps.Ingest.Mapping;

/// <summary>What the JSON of a request's parameters (<c>llm.invocation_parameters</c>) tells.</summary>
internal ref struct RequestParameters
{
    public ReadOnlySpan<byte> Model;
    public ReadOnlySpan<byte> Tier;
    public bool? Stream;
    private ReadOnlySpan<byte> _maxTokens;

    public static RequestParameters Read(ReadOnlySpan<byte> json)
    {
        var parameters = default(RequestParameters);
        var walker = new JsonWalker(json);
        if (!walker.Read() || walker.Token != JsonToken.StartObject) return parameters;
        while (walker.Read() && walker.Token == JsonToken.Name)
        {
            var name = walker.Value;
            if (!walker.Read()) break;
            switch (walker.Token)
            {
                case JsonToken.Text when name.SequenceEqual("model"u8): parameters.Model = walker.Value; break;
                case JsonToken.Text when name.SequenceEqual("service_tier"u8): parameters.Tier = walker.Value; break;
                case JsonToken.Word when name.SequenceEqual("stream"u8): parameters.Stream = walker.Value.SequenceEqual("true"u8); break;
                case JsonToken.Number when IsMaxTokens(name): parameters._maxTokens = walker.Value; break;
                default:
                    if (!walker.SkipChildren()) return parameters;
                    break;
            }
        }

        return parameters;
    }

    public readonly bool TryMaxTokens(out long most) => Utf8Parser.TryParse(_maxTokens, out most, out var used) && used > 0;

    private static bool IsMaxTokens(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("max_tokens"u8) || name.SequenceEqual("max_completion_tokens"u8) || name.SequenceEqual("max_output_tokens"u8)
        || name.SequenceEqual("maxTokens"u8) || name.SequenceEqual("maxOutputTokens"u8);
}
