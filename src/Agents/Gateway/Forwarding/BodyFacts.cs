using System.Globalization;
using System.Text.Json;
using FinOps.Domain.Usage;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Forwarding;

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

    /// <summary>The most tokens of the answer, as far as the operation knows the field; of two fields the greater. What is there and no number that counts tokens is the greatest there is. Null: there is none.</summary>
    public uint? MaxTokens;

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

    /// <summary>The fields among <see cref="All"/>, in their order, that are for a gateway alone (LiteLLM's); null: there are none.</summary>
    public List<int>? GatewayFields;

    /// <summary>Which of <see cref="All"/> is <c>metadata</c>; -1: none.</summary>
    public int MetadataField = -1;

    /// <summary>A value in <c>metadata</c> is a list or an object: it is meant for a gateway, for OpenAI takes texts alone.</summary>
    public bool HasMetadataLists;

    /// <summary><c>metadata</c> has more than <c>user_id</c>, which is all that Anthropic takes.</summary>
    public bool HasOtherMetadata;

    /// <summary>The value of <c>metadata.user_id</c>.</summary>
    public Place UserIdValue;

    /// <summary>What its answer is depends on what its provider remembers (<c>conversation</c>, <c>container</c>), and it may change that: the same question asked again is another one.</summary>
    public bool IsRemembered;

    /// <summary>The value of <c>model</c>, with its quotes.</summary>
    public Place ModelValue;

    /// <summary>The value of <c>stream_options</c>, an object with its braces.</summary>
    public Place StreamOptionsValue;

    /// <summary>Nothing stands between its braces.</summary>
    public bool IsStreamOptionsEmpty;

    /// <summary>The value of <c>stream_options</c> where it is no object.</summary>
    public Place NoStreamOptionsValue;

    /// <summary>The value of <c>stream_options.include_usage</c>.</summary>
    public Place IncludeUsageValue;

    /// <summary>The value of <c>max_tokens</c>, or of the operation's own name for it.</summary>
    public Place MaxTokensValue;

    /// <summary>The value of <c>max_completion_tokens</c> in a chat.</summary>
    public Place MaxCompletionTokensValue;

    /// <summary>What is asked: <c>messages</c>, <c>input</c> or <c>prompt</c>, whichever the operation has.</summary>
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

    /// <summary>Of a body that is not read.</summary>
    public static BodyFacts None { get; } = new();

    public static BodyFacts Read(ReadOnlySpan<byte> body, Operation operation)
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
                if (!facts.ReadField(ref reader, operation, ref seen, out var start)) return facts;
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

    private bool ReadField(ref Utf8JsonReader reader, Operation operation, ref Fields seen, out int start)
    {
        start = 0;
        var field = BodyNames.FieldOf(ref reader, operation);
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
            case Fields.Model:
                if (reader.TokenType == JsonTokenType.String) Model = KnownNames.Text(ref reader);
                ModelValue = Over(ref reader);
                break;
            case Fields.Stream:
                Stream = reader.TokenType == JsonTokenType.True;
                break;
            case Fields.StreamOptions when reader.TokenType == JsonTokenType.StartObject:
                ReadStreamOptions(ref reader);
                break;
            case Fields.StreamOptions:
                NoStreamOptionsValue = Over(ref reader);
                break;
            case Fields.MaxCompletionTokens:
                MaxCompletionTokensValue = ReadMaxTokens(ref reader);
                break;
            case Fields.MaxTokens or Fields.MaxOutputTokens:
                MaxTokensValue = ReadMaxTokens(ref reader);
                break;
            case Fields.Conversation or Fields.Container:
                IsRemembered |= reader.TokenType != JsonTokenType.Null;
                reader.Skip();
                break;
            case Fields.N or Fields.BestOf:
                if (reader.TokenType != JsonTokenType.Null) Choices = Math.Max(Choices, Count(ref reader));
                reader.Skip();
                break;
            case Fields.ServiceTier when reader.TokenType == JsonTokenType.String:
                ServiceTier = reader.GetString()!;
                break;
            case Fields.User or Fields.SafetyIdentifier when reader.TokenType == JsonTokenType.String:
                if (User.Length == 0 || field == Fields.User) User = reader.GetString()!;
                break;
            case Fields.Metadata when reader.TokenType == JsonTokenType.StartObject:
                MetadataField = All!.Count;
                ReadMetadata(ref reader, isNested: false);
                break;
            case Fields.GatewaySession or Fields.GatewayTrace:
                (GatewayFields ??= []).Add(All!.Count);
                if (reader.TokenType == JsonTokenType.String) TagNames.Offer(ref MetadataTags, Tag.Session, reader.GetString());
                reader.Skip();
                break;
            case Fields.Content:
                ReadContent(ref reader);
                break;
            case Fields.Tools when reader.TokenType == JsonTokenType.StartArray:
                ToolCount = (ushort)Math.Min(CountItems(ref reader), ushort.MaxValue);
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

    /// <summary>Over a value of any kind.</summary>
    private static Place Over(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new Place(start, (int)reader.BytesConsumed - start);
    }

    private Place ReadMaxTokens(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Null) MaxTokens = Math.Max(MaxTokens ?? 0, Count(ref reader));
        return Over(ref reader);
    }

    /// <summary>Lenient hosts take 1e5, and "100" for a number: what is not understood bounds nothing.</summary>
    private static uint Count(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && uint.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var written)) return written;
        if (reader.TokenType != JsonTokenType.Number) return uint.MaxValue;
        if (reader.TryGetUInt32(out var count)) return count;
        return reader.TryGetDouble(out var real) && real is >= 0 and < uint.MaxValue ? (uint)Math.Ceiling(real) : uint.MaxValue;
    }

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

    /// <summary>Over an array; how much stands directly in it.</summary>
    private static int CountItems(ref Utf8JsonReader reader)
    {
        var items = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; items++) reader.Skip();
        return items;
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
                WantsUsage = reader.TokenType == JsonTokenType.True;
                IncludeUsageValue = Over(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        StreamOptionsValue = new Place(start, (int)reader.BytesConsumed - start);
    }

    /// <summary>OpenAI's map, Anthropic's <c>user_id</c>, LiteLLM's <c>tags</c> and <c>spend_logs_metadata</c>.</summary>
    private void ReadMetadata(ref Utf8JsonReader reader, bool isNested)
    {
        Span<char> name = stackalloc char[32];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTags = reader.ValueTextEquals("tags"u8);
            var isLogs = !isNested && reader.ValueTextEquals("spend_logs_metadata"u8);
            var isUserId = !isNested && reader.ValueTextEquals("user_id"u8);
            var known = TagNames.TryParse(reader.ValueSpan.Length <= name.Length ? name[..reader.CopyString(name)] : default, out var tag);
            reader.Read();
            HasOtherMetadata |= !isUserId;
            HasMetadataLists |= reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
            if (isUserId && reader.TokenType == JsonTokenType.String) UserIdValue = Over(ref reader);
            if (known && reader.TokenType == JsonTokenType.String) TagNames.Offer(ref MetadataTags, tag, reader.GetString());
            else if (isTags && reader.TokenType == JsonTokenType.StartArray) ReadTags(ref reader);
            else if (isLogs && reader.TokenType == JsonTokenType.StartObject) ReadMetadata(ref reader, isNested: true);
            else reader.Skip();
        }
    }

    private void ReadTags(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String) TagNames.OfferPair(ref MetadataTags, reader.GetString());
            else reader.Skip();
        }
    }
}
