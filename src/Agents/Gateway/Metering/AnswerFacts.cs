using System.Text.Json;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Metering;

/// <summary>What an answer, or the events of a stream, say about the call. Content is walked over and not kept.</summary>
internal struct AnswerFacts()
{
    private const int MaxDepth = 256;

    public string Id = "";
    public string Model = "";
    public string ServiceTier = "";
    public string Geography = "";
    public string FinishReason = "";

    /// <summary>Of an error: its code, else its type.</summary>
    public string ErrorCode = "";
    public UsageNumbers Usage = UsageNumbers.None;

    /// <summary>Bytes of generated text that went by: what an answer without usage is estimated from.</summary>
    public long OutputBytes = 0;

    // In which form the usage was told: Anthropic's input_tokens leave out the cached ones that stand beside them; prompt_tokens include them, whatever stands beside (LiteLLM tells both).
    private bool _hasCacheBeside = false, _hasInputTokens = false, _hasPromptTokens = false;

    private bool _isFast = false;

    /// <summary>The count of input tokens leaves the cached ones out.</summary>
    public readonly bool InputExcludesCache => _hasCacheBeside && _hasInputTokens && !_hasPromptTokens;

    /// <summary>Of a response: it is made in the background, or not begun yet.</summary>
    public bool IsInBackground = false;

    /// <summary>The latest one that was read had a usage object, and something beside it.</summary>
    public bool HadUsage = false;
    public bool HadChoices = false;

    /// <summary>The latest one ends a stream: <c>message_stop</c>, or one of the ends of a response.</summary>
    public bool IsLast = false;

    /// <summary>The latest one is an error.</summary>
    public bool IsError = false;

    /// <summary>Where the latest one has <c>"usage":null</c>, from the name's first quote.</summary>
    public Place NullUsage = default;

    /// <summary>Reads a whole answer or the data of one event. What is no JSON tells nothing and breaks nothing; false says so.</summary>
    public bool Read(ReadOnlySpan<byte> json)
    {
        (HadUsage, HadChoices, IsLast, IsError, NullUsage) = (false, false, false, false, default);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            ReadAnswer(ref reader);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Cut off, or text that is no UTF-8: what was read until there stands.
            return false;
        }
    }

    /// <summary>An object that has the answer's own fields: the body, or <c>response</c> and <c>message</c> in an event.</summary>
    private void ReadAnswer(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            var start = (int)reader.TokenStartIndex;
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when name.SequenceEqual("usage"u8): ReadUsage(ref reader); break;
                case JsonTokenType.Null when name.SequenceEqual("usage"u8): NullUsage = new Place(start, (int)reader.BytesConsumed - start); break;
                case JsonTokenType.StartObject when name.SequenceEqual("response"u8) || name.SequenceEqual("message"u8): ReadAnswer(ref reader); break;
                case JsonTokenType.StartObject when name.SequenceEqual("delta"u8) || name.SequenceEqual("incomplete_details"u8): ReadDelta(ref reader); break;
                case JsonTokenType.StartObject when name.SequenceEqual("error"u8): ReadError(ref reader); break;
                case JsonTokenType.StartArray when name.SequenceEqual("choices"u8): ReadChoices(ref reader); break;
                case JsonTokenType.StartArray when name.SequenceEqual("output"u8): ReadOutput(ref reader); break;
                case JsonTokenType.StartArray when name.SequenceEqual("content"u8): ReadOutput(ref reader); break;
                case JsonTokenType.String when name.SequenceEqual("id"u8): Id = reader.GetString()!; break;
                case JsonTokenType.String when name.SequenceEqual("model"u8): Model = KnownNames.Text(ref reader); break;
                case JsonTokenType.String when name.SequenceEqual("service_tier"u8): ServiceTier = KnownNames.Text(ref reader); break;
                case JsonTokenType.String when name.SequenceEqual("stop_reason"u8): FinishReason = KnownNames.Text(ref reader); break;
                case JsonTokenType.String when name.SequenceEqual("status"u8) && FinishReason.Length == 0 && reader.ValueTextEquals("completed"u8): FinishReason = "stop"; break;
                case JsonTokenType.String when name.SequenceEqual("status"u8) && reader.ValueTextEquals("queued"u8): IsInBackground = true; break;
                case JsonTokenType.True when name.SequenceEqual("background"u8): IsInBackground = true; break;
                case JsonTokenType.String when name.SequenceEqual("type"u8): ReadType(ref reader); break;
                case JsonTokenType.String when name.SequenceEqual("delta"u8): OutputBytes += reader.ValueSpan.Length; break;
                default: reader.Skip(); break;
            }
        }
    }

    private void ReadType(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("message_stop"u8) || reader.ValueTextEquals("response.completed"u8) || reader.ValueTextEquals("response.incomplete"u8)) IsLast = true;
        else if (reader.ValueTextEquals("response.failed"u8)) IsLast = IsError = true;
        else if (reader.ValueTextEquals("error"u8)) IsError = true;
    }

    private void ReadChoices(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            HadChoices = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueSpan;
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("finish_reason"u8)) FinishReason = KnownNames.Text(ref reader);
                else if (reader.TokenType == JsonTokenType.StartObject && (name.SequenceEqual("delta"u8) || name.SequenceEqual("message"u8))) ReadDelta(ref reader);
                else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("text"u8)) OutputBytes += reader.ValueSpan.Length;
                else reader.Skip();
            }
        }
    }

    /// <summary>Why it ended, and how much text came: its length, not the text.</summary>
    private void ReadDelta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("tool_calls"u8)) ReadToolCalls(ref reader);
            else if (reader.TokenType == JsonTokenType.StartObject && name.SequenceEqual("function_call"u8)) ReadFunction(ref reader);
            else if (reader.TokenType != JsonTokenType.String) reader.Skip();
            else if (name.SequenceEqual("stop_reason"u8) || name.SequenceEqual("reason"u8)) FinishReason = KnownNames.Text(ref reader);
            else if (!name.SequenceEqual("role"u8) && !name.SequenceEqual("type"u8) && !name.SequenceEqual("id"u8)) OutputBytes += reader.ValueSpan.Length;
        }
    }

    /// <summary>What a model calls is generated, too. Its ids are not.</summary>
    private void ReadToolCalls(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isFunction = reader.ValueTextEquals("function"u8) || reader.ValueTextEquals("custom"u8);
                reader.Read();
                if (isFunction && reader.TokenType == JsonTokenType.StartObject) ReadFunction(ref reader);
                else reader.Skip();
            }
        }
    }

    /// <summary>Its name, and what it is called with.</summary>
    private void ReadFunction(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String) OutputBytes += reader.ValueSpan.Length;
            else reader.Skip();
        }
    }

    /// <summary>What was made: searches are billed each, and no usage object counts OpenAI's.</summary>
    private void ReadOutput(ref Utf8JsonReader reader)
    {
        long web = 0, files = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueSpan;
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("type"u8))
                {
                    if (reader.ValueTextEquals("web_search_call"u8)) web++;
                    else if (reader.ValueTextEquals("file_search_call"u8)) files++;
                }
                else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("text"u8))
                {
                    OutputBytes += reader.ValueSpan.Length;
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        if (web > 0) Usage.WebSearches = web;
        if (files > 0) Usage.FileSearches = files;
    }

    private void ReadError(ref Utf8JsonReader reader)
    {
        IsError = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isCode = reader.ValueTextEquals("code"u8);
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && (isCode || (isType && ErrorCode.Length == 0))) ErrorCode = KnownNames.Text(ref reader);
            else reader.Skip();
        }
    }

    private void ReadUsage(ref Utf8JsonReader reader)
    {
        HadUsage = true;
        // Names of one level, and of one below it: details of input and of output have the same ones.
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject) ReadDetails(ref reader, name);
            else if (reader.TokenType == JsonTokenType.Number) Take(name, ref reader);
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("service_tier"u8)) ReadTier(ref reader);
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("speed"u8)) ReadSpeed(ref reader);
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("inference_geo"u8)) Geography = KnownNames.Text(ref reader);
            else reader.Skip();
        }
    }

    private void ReadTier(ref Utf8JsonReader reader)
    {
        if (!_isFast) ServiceTier = KnownNames.Text(ref reader);
    }

    /// <summary>Anthropic tells a fast call beside its tier, and it has a price of its own.</summary>
    private void ReadSpeed(ref Utf8JsonReader reader)
    {
        if (!reader.ValueTextEquals("fast"u8)) return;
        _isFast = true;
        ServiceTier = "fast";
    }

    private void ReadDetails(ref Utf8JsonReader reader, ReadOnlySpan<byte> group)
    {
        var output = group.StartsWith("completion"u8) || group.StartsWith("output"u8);
        var cached = group.StartsWith("cached"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject) ReadDetails(ref reader, name);
            else if (reader.TokenType != JsonTokenType.Number || !TryCount(ref reader, out var count)) reader.Skip();
            else if (name.SequenceEqual("audio_tokens"u8)) UsageNumbers.Set(ref (output ? ref Usage.OutputAudio : ref (cached ? ref Usage.CachedAudio : ref Usage.InputAudio)), count);
            else if (name.SequenceEqual("image_tokens"u8)) UsageNumbers.Set(ref (output ? ref Usage.OutputImage : ref (cached ? ref Usage.CachedImage : ref Usage.InputImage)), count);
            else if (name.SequenceEqual("cached_tokens"u8)) SetCached(ref Usage.CacheRead, count);
            else if (name.SequenceEqual("cache_write_tokens"u8)) SetCached(ref Usage.CacheWrite, count);
            else if (name.SequenceEqual("reasoning_tokens"u8) || name.SequenceEqual("thinking_tokens"u8)) UsageNumbers.Set(ref Usage.Reasoning, count);
            else if (name.SequenceEqual("ephemeral_5m_input_tokens"u8)) UsageNumbers.Set(ref Usage.CacheWrite5m, count);
            else if (name.SequenceEqual("ephemeral_1h_input_tokens"u8)) UsageNumbers.Set(ref Usage.CacheWrite1h, count);
            else if (name.SequenceEqual("web_search_requests"u8)) UsageNumbers.Set(ref Usage.WebSearches, count);
        }
    }

    private void Take(ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
    {
        if (name.SequenceEqual("seconds"u8))
        {
            if (reader.TryGetDouble(out var seconds) && seconds is >= 0 and < 1e6) Usage.AudioMilliseconds = (long)Math.Round(seconds * 1000);
            return;
        }

        if (!TryCount(ref reader, out var count)) return;
        if (name.SequenceEqual("prompt_tokens"u8)) SetInput(count, isPrompt: true);
        else if (name.SequenceEqual("input_tokens"u8)) SetInput(count, isPrompt: false);
        else if (name.SequenceEqual("output_tokens"u8) || name.SequenceEqual("completion_tokens"u8)) UsageNumbers.Set(ref Usage.Output, count);
        else if (name.SequenceEqual("cache_read_input_tokens"u8)) SetBeside(ref Usage.CacheRead, count);
        else if (name.SequenceEqual("cache_creation_input_tokens"u8)) SetBeside(ref Usage.CacheWrite, count);
        else if (name.SequenceEqual("total_tokens"u8) && Usage.Input < 0 && Usage.Output < 0) UsageNumbers.Set(ref Usage.Input, count);
    }

    /// <summary>Where both are told, <c>prompt_tokens</c> stand.</summary>
    private void SetInput(long count, bool isPrompt)
    {
        _hasPromptTokens |= isPrompt;
        _hasInputTokens |= !isPrompt;
        if (isPrompt || !_hasPromptTokens) UsageNumbers.Set(ref Usage.Input, count);
    }

    private void SetBeside(ref long part, long count)
    {
        _hasCacheBeside = true;
        SetCached(ref part, count);
    }

    /// <summary>Gateways tell one part in two forms, and 0 in the one that the host does not have.</summary>
    private static void SetCached(ref long part, long count)
    {
        if (count != 0 || part < 0) UsageNumbers.Set(ref part, count);
    }

    private static bool TryCount(ref Utf8JsonReader reader, out long count)
    {
        if (reader.TryGetInt64(out count)) return true;
        // Some hosts write 12.0.
        if (!reader.TryGetDouble(out var real) || real is not (>= 0 and <= uint.MaxValue)) return false;
        count = (long)real;
        return true;
    }
}
