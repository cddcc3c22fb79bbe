using System.Text.Json;
using FinOps.Domain.Usage;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Forwarding;

/// <summary>A place in the request's bytes.</summary>
internal readonly record struct Place(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public int End => Start + Length;
}

/// <summary>A field of the body.</summary>
/// <param name="Name">Without its quotes.</param>
/// <param name="IsEscaped">The name has escapes, which mean other letters.</param>
/// <param name="Value">With its quotes or brackets.</param>
internal readonly record struct BodyField(Place Name, bool IsEscaped, Place Value);

/// <summary>Why a body cannot be understood.</summary>
internal enum BodyFault : byte
{
    None,

    /// <summary>It is no JSON object.</summary>
    NotJson,

    /// <summary>It has a field twice: two readers could take different ones for true.</summary>
    Twice,
}

/// <summary>What one walk over the body found. Nothing of the content is kept, only where it stands. Not changed once the call is known.</summary>
internal sealed class BodyFacts
{
    private const int MaxDepth = 256;
    private const int FewFields = 16;

    public BodyFault Fault;

    /// <summary>The field that <see cref="BodyFault.Twice"/> is about.</summary>
    public string FaultyField = "";

    public string Model = "";
    public bool Stream;
    public bool WantsUsage;
    public uint MaxTokens;

    /// <summary>How many answers the question is to have (<c>n</c>, <c>best_of</c>, the larger one); 0: it does not say.</summary>
    public uint Choices;
    public string ServiceTier = "";
    public string User = "";
    public ushort MessageCount;
    public ushort ToolCount;

    /// <summary>The answer must be JSON (<c>response_format</c>).</summary>
    public bool StructuredOutput;

    /// <summary>The model must call a tool (<c>tool_choice</c>).</summary>
    public bool MustCallTool;
    public TagSet MetadataTags;

    /// <summary>The value of <c>model</c> with its quotes.</summary>
    public Place ModelValue;

    /// <summary>The value of <c>stream_options</c> with its braces.</summary>
    public Place StreamOptionsValue;

    /// <summary>Nothing stands between its braces.</summary>
    public bool IsStreamOptionsEmpty;

    /// <summary>The value of <c>stream_options.include_usage</c>.</summary>
    public Place IncludeUsageValue;

    /// <summary>The value of whichever of <c>max_tokens</c>, <c>max_completion_tokens</c> and <c>max_output_tokens</c> stands there.</summary>
    public Place MaxTokensValue;

    /// <summary>What is asked: <c>messages</c>, <c>input</c> or <c>prompt</c>.</summary>
    public Place Content;

    /// <summary>Of <see cref="Content"/> what a conversation begins with, from its start: the instructions, if it is a list of messages.</summary>
    public int InstructionsLength;

    /// <summary>The same, and what was said first.</summary>
    public int OpeningLength;

    /// <summary>All fields in their order: who needs one later does not walk over the body again. Null: it is not read.</summary>
    public List<BodyField>? All;

    /// <summary>Where the object ends: the place of its last brace.</summary>
    public int End;

    /// <summary>Nothing stands between the braces.</summary>
    public bool IsEmptyObject = true;

    [Flags]
    private enum Fields : ushort
    {
        Model = 1,
        Stream = 2,
        StreamOptions = 4,
        MaxTokens = 8,
        MaxCompletionTokens = 16,
        MaxOutputTokens = 32,
        ServiceTier = 64,
        User = 128,
        SafetyIdentifier = 256,
        Metadata = 512,
        Content = 1024,
        Tools = 2048,
        ResponseFormat = 4096,
        ToolChoice = 8192,
        N = 16384,
        BestOf = 32768,
    }

    /// <summary>Of a body that is not read.</summary>
    public static BodyFacts None { get; } = new();

    public static BodyFacts Read(ReadOnlySpan<byte> body)
    {
        var facts = new BodyFacts();
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return NotJson();
            var seen = default(Fields);
            facts.All = new List<BodyField>(FewFields);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                facts.IsEmptyObject = false;
                var name = new Place((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
                var isEscaped = reader.ValueIsEscaped;
                if (!facts.ReadField(ref reader, ref seen, out var start)) return facts;
                facts.All.Add(new BodyField(name, isEscaped, new Place(start, (int)reader.BytesConsumed - start)));
            }

            if (reader.TokenType != JsonTokenType.EndObject) return NotJson();
            facts.End = (int)reader.TokenStartIndex;
            return reader.Read() ? NotJson() : facts;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter: an escape that stands for half a letter.
            return NotJson();
        }

        static BodyFacts NotJson() => new() { Fault = BodyFault.NotJson };
    }

    private bool ReadField(ref Utf8JsonReader reader, ref Fields seen, out int start)
    {
        start = 0;
        var field = FieldOf(ref reader);
        if ((seen & field) != 0)
        {
            (Fault, FaultyField) = (BodyFault.Twice, reader.GetString() ?? "");
            return false;
        }

        seen |= field;
        reader.Read();
        start = (int)reader.TokenStartIndex;
        switch (field)
        {
            case Fields.Model when reader.TokenType == JsonTokenType.String:
                ModelValue = Value(ref reader);
                Model = KnownNames.Text(ref reader);
                break;
            case Fields.Stream:
                Stream = reader.TokenType == JsonTokenType.True;
                break;
            case Fields.StreamOptions when reader.TokenType == JsonTokenType.StartObject:
                ReadStreamOptions(ref reader);
                break;
            case Fields.MaxTokens or Fields.MaxCompletionTokens or Fields.MaxOutputTokens when reader.TokenType == JsonTokenType.Number:
                MaxTokensValue = Value(ref reader);
                MaxTokens = reader.TryGetUInt32(out var most) ? most : 0;
                break;
            case Fields.N or Fields.BestOf when reader.TokenType == JsonTokenType.Number:
                Choices = Math.Max(Choices, reader.TryGetUInt32(out var answers) ? answers : uint.MaxValue);
                break;
            case Fields.ServiceTier when reader.TokenType == JsonTokenType.String:
                ServiceTier = reader.GetString()!;
                break;
            case Fields.User or Fields.SafetyIdentifier when reader.TokenType == JsonTokenType.String:
                if (User.Length == 0 || field == Fields.User) User = reader.GetString()!;
                break;
            case Fields.Metadata when reader.TokenType == JsonTokenType.StartObject:
                ReadMetadata(ref reader);
                break;
            case Fields.Content:
                ReadContent(ref reader);
                break;
            case Fields.Tools when reader.TokenType == JsonTokenType.StartArray:
                Skip(ref reader, out var tools);
                ToolCount = (ushort)Math.Min(tools, ushort.MaxValue);
                break;
            case Fields.ResponseFormat when reader.TokenType == JsonTokenType.StartObject:
                StructuredOutput = !TypeIs(ref reader, "text"u8);
                break;
            case Fields.ToolChoice when reader.TokenType == JsonTokenType.String:
                MustCallTool = reader.ValueTextEquals("required"u8);
                break;
            case Fields.ToolChoice when reader.TokenType == JsonTokenType.StartObject:
                MustCallTool = !TypeIs(ref reader, "auto"u8);
                break;
            default:
                reader.Skip();
                break;
        }

        return true;
    }

    /// <summary>Over an object; whether its <c>type</c> is this.</summary>
    private static bool TypeIs(ref Utf8JsonReader reader, ReadOnlySpan<byte> type)
    {
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            found |= isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(type);
            reader.Skip();
        }

        return found;
    }

    private static Fields FieldOf(ref Utf8JsonReader reader)
    {
        // What no name of ours is as long as needs no comparison.
        var length = reader.ValueSpan.Length;
        if (reader.ValueIsEscaped) length = 0;
        return length switch
        {
            1 when reader.ValueTextEquals("n"u8) => Fields.N,
            4 when reader.ValueTextEquals("user"u8) => Fields.User,
            5 when reader.ValueTextEquals("model"u8) => Fields.Model,
            5 when reader.ValueTextEquals("input"u8) => Fields.Content,
            5 when reader.ValueTextEquals("tools"u8) => Fields.Tools,
            6 when reader.ValueTextEquals("stream"u8) => Fields.Stream,
            6 when reader.ValueTextEquals("prompt"u8) => Fields.Content,
            7 when reader.ValueTextEquals("best_of"u8) => Fields.BestOf,
            8 when reader.ValueTextEquals("messages"u8) => Fields.Content,
            8 when reader.ValueTextEquals("metadata"u8) => Fields.Metadata,
            10 when reader.ValueTextEquals("max_tokens"u8) => Fields.MaxTokens,
            11 when reader.ValueTextEquals("tool_choice"u8) => Fields.ToolChoice,
            12 when reader.ValueTextEquals("service_tier"u8) => Fields.ServiceTier,
            14 when reader.ValueTextEquals("stream_options"u8) => Fields.StreamOptions,
            15 when reader.ValueTextEquals("response_format"u8) => Fields.ResponseFormat,
            17 when reader.ValueTextEquals("max_output_tokens"u8) => Fields.MaxOutputTokens,
            17 when reader.ValueTextEquals("safety_identifier"u8) => Fields.SafetyIdentifier,
            21 when reader.ValueTextEquals("max_completion_tokens"u8) => Fields.MaxCompletionTokens,
            0 => Escaped(ref reader),
            _ => default,
        };
    }

    /// <summary>A name with escapes (<c>mod\u0065l</c>) means the same to whoever reads it next.</summary>
    private static Fields Escaped(ref Utf8JsonReader reader) => reader.GetString() switch
    {
        "model" => Fields.Model,
        "stream" => Fields.Stream,
        "stream_options" => Fields.StreamOptions,
        "max_tokens" => Fields.MaxTokens,
        "max_completion_tokens" => Fields.MaxCompletionTokens,
        "max_output_tokens" => Fields.MaxOutputTokens,
        "n" => Fields.N,
        "best_of" => Fields.BestOf,
        "service_tier" => Fields.ServiceTier,
        "user" => Fields.User,
        "safety_identifier" => Fields.SafetyIdentifier,
        "metadata" => Fields.Metadata,
        "messages" or "input" or "prompt" => Fields.Content,
        "tools" => Fields.Tools,
        "tool_choice" => Fields.ToolChoice,
        "response_format" => Fields.ResponseFormat,
        _ => default,
    };

    private static Place Value(ref Utf8JsonReader reader) => new((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));

    private void ReadContent(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var items = 1;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            OpeningLength = (int)reader.BytesConsumed - start;
        }
        else
        {
            var isBeginning = true;
            for (items = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; items++)
            {
                if (!isBeginning)
                {
                    reader.Skip();
                    continue;
                }

                isBeginning = IsInstruction(ref reader);
                OpeningLength = (int)reader.BytesConsumed - start;
                if (isBeginning) InstructionsLength = OpeningLength;
            }
        }

        Content = new Place(start, (int)reader.BytesConsumed - start);
        MessageCount = (ushort)Math.Min(items, ushort.MaxValue);
    }

    /// <summary>Over one message; whether it tells the model what to do, not what the user says.</summary>
    private static bool IsInstruction(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        var isInstruction = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // With escapes it may be no text at all, which is the provider's to say.
            var isRole = !reader.ValueIsEscaped && reader.ValueTextEquals("role"u8);
            reader.Read();
            isInstruction |= isRole && reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && (reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("developer"u8));
            reader.Skip();
        }

        return isInstruction;
    }

    /// <summary>Over a value, counting what stands directly in it if it is an array.</summary>
    private static Place Skip(ref Utf8JsonReader reader, out int items)
    {
        items = 1;
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            items = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                items++;
                reader.Skip();
            }
        }
        else
        {
            reader.Skip();
        }

        return new Place(start, (int)reader.BytesConsumed - start);
    }

    private void ReadStreamOptions(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        IsStreamOptionsEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            IsStreamOptionsEmpty = false;
            var includes = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (includes)
            {
                IncludeUsageValue = Value(ref reader);
                WantsUsage = reader.TokenType == JsonTokenType.True;
            }

            reader.Skip();
        }

        StreamOptionsValue = new Place(start, (int)reader.BytesConsumed - start);
    }

    /// <summary>OpenAI's map, Anthropic's <c>user_id</c>, LiteLLM's <c>tags</c>.</summary>
    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Span<char> name = stackalloc char[32];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTags = reader.ValueTextEquals("tags"u8);
            var known = TagNames.TryParse(reader.ValueSpan.Length <= name.Length ? name[..reader.CopyString(name)] : default, out var tag);
            reader.Read();
            if (known && reader.TokenType == JsonTokenType.String) TagNames.Offer(ref MetadataTags, tag, reader.GetString());
            else if (isTags && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType == JsonTokenType.String) TagNames.OfferPair(ref MetadataTags, reader.GetString());
                    else reader.Skip();
                }
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
