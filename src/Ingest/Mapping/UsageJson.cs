namespace FinOps.Ingest.Mapping;

/// <summary>What a provider's answer says about itself, where an attribute carries it as JSON. Offsets are of the request's bytes.</summary>
internal ref struct AnswerFacts
{
    public ReadOnlySpan<byte> ResponseId;
    public ReadOnlySpan<byte> Model;
    public ReadOnlySpan<byte> Tier;

    /// <summary>Where Anthropic ran the model, when that was asked for.</summary>
    public ReadOnlySpan<byte> Geography;

    /// <summary>Anthropic served it at the speed that has a price of its own, which it tells beside the tier.</summary>
    public bool IsFast;
}

/// <summary>Reads token counts out of JSON inside attributes. Only fields of the usage object are looked at, never content.</summary>
internal static class UsageJson
{
    /// <summary>A whole answer (OpenInference <c>output.value</c>): id, model, tier and the usage object at its top.</summary>
    public static void ReadAnswer(ReadOnlySpan<byte> json, ref UsageCounts counts, ref AnswerFacts facts)
    {
        var walker = new JsonWalker(json);
        if (!walker.Read() || walker.Token != JsonToken.StartObject) return;
        while (walker.Read() && walker.Token == JsonToken.Name)
        {
            var name = walker.Value;
            if (!walker.Read()) return;
            if (walker.Token == JsonToken.StartObject && (name.SequenceEqual("usage"u8) || name.SequenceEqual("usageMetadata"u8)))
                ReadUsage(ref walker, ref counts, ref facts);
            else if (walker.Token == JsonToken.Text)
            {
                if (name.SequenceEqual("id"u8) || name.SequenceEqual("responseId"u8)) facts.ResponseId = walker.Value;
                else if (name.SequenceEqual("model"u8) || name.SequenceEqual("modelVersion"u8)) facts.Model = walker.Value;
                else if (name.SequenceEqual("service_tier"u8)) facts.Tier = walker.Value;
            }
            else if (!walker.SkipChildren()) return;
        }
    }

    /// <summary>Vercel's <c>ai.response.providerMetadata</c>: an object for each provider, whose own fields and usage object tell parts.</summary>
    public static void ReadProviderMetadata(ReadOnlySpan<byte> json, ref UsageCounts counts, ref AnswerFacts facts)
    {
        var walker = new JsonWalker(json);
        if (!walker.Read() || walker.Token != JsonToken.StartObject) return;
        while (walker.Read() && walker.Token == JsonToken.Name)
        {
            var name = walker.Value;
            if (!walker.Read()) return;
            if (walker.Token == JsonToken.StartObject)
            {
                if (name.SequenceEqual("usage"u8)) ReadUsage(ref walker, ref counts, ref facts);
                else ReadProvider(ref walker, ref counts, ref facts);
            }
            else if (!walker.SkipChildren()) return;
        }
    }

    private static void ReadProvider(ref JsonWalker walker, ref UsageCounts counts, ref AnswerFacts facts)
    {
        var depth = walker.Depth;
        while (walker.Read() && walker.Depth >= depth)
        {
            if (walker.Token != JsonToken.Name) continue;
            var name = walker.Value;
            if (!walker.Read()) return;
            if (walker.Token == JsonToken.StartObject && (name.SequenceEqual("usage"u8) || name.SequenceEqual("usageMetadata"u8)))
                ReadUsage(ref walker, ref counts, ref facts);
            else if (walker.Token == JsonToken.Number) TakePart(name, default, walker.Value, ref counts);
            else if (walker.Token == JsonToken.Text)
            {
                if (name.SequenceEqual("responseId"u8)) facts.ResponseId = walker.Value;
                else if (name.SequenceEqual("serviceTier"u8)) facts.Tier = walker.Value;
            }
            else if (!walker.SkipChildren()) return;
        }
    }

    /// <summary>A provider's usage object, of any provider: the walker stands at its start, and after it at its end.</summary>
    private static void ReadUsage(ref JsonWalker walker, ref UsageCounts counts, ref AnswerFacts facts)
    {
        var depth = walker.Depth;
        ReadOnlySpan<byte> name = default, group = default, outer = default;
        long input = UsageCounts.Untold;
        var anthropic = false;
        while (walker.Read() && walker.Depth >= depth)
        {
            switch (walker.Token)
            {
                case JsonToken.Name: name = walker.Value; break;
                case JsonToken.StartObject when walker.Depth == depth + 1: group = name; break;
                // Inside the details of OpenAI's realtime input: which of the cached tokens are audio and images.
                case JsonToken.StartObject when walker.Depth == depth + 2 && name.SequenceEqual("cached_tokens_details"u8):
                    outer = group;
                    group = name;
                    break;
                case JsonToken.EndObject when walker.Depth == depth + 1: group = outer; break;
                case JsonToken.EndObject when walker.Depth == depth: group = outer = default; break;
                case JsonToken.StartObject or JsonToken.StartArray:
                    if (!walker.SkipChildren()) return;
                    break;
                case JsonToken.Text when group.IsEmpty && name.SequenceEqual("service_tier"u8): facts.Tier = walker.Value; break;
                case JsonToken.Text when group.IsEmpty && name.SequenceEqual("inference_geo"u8): facts.Geography = walker.Value; break;
                case JsonToken.Text when group.IsEmpty && name.SequenceEqual("speed"u8): facts.IsFast |= walker.Value.SequenceEqual("fast"u8); break;
                case JsonToken.Number when group.IsEmpty && name.SequenceEqual("input_tokens"u8): UsageCounts.Offer(ref input, walker.Value); break;
                case JsonToken.Number:
                    anthropic |= name.SequenceEqual("cache_read_input_tokens"u8) || name.SequenceEqual("cache_creation_input_tokens"u8);
                    TakePart(name, group, walker.Value, ref counts);
                    break;
            }
        }

        if (!UsageCounts.Told(input)) return;
        // Anthropic's own count leaves the cache out; OpenAI's, under the same name, includes it.
        if (anthropic) counts.RawFreshInput = input;
        if (!UsageCounts.Told(counts.Input)) counts.Input = input;
    }

    private static void TakePart(ReadOnlySpan<byte> name, ReadOnlySpan<byte> group, ReadOnlySpan<byte> number, ref UsageCounts counts)
    {
        switch (name.Length)
        {
            case 12 when name.SequenceEqual("audio_tokens"u8):
                if (IsOutput(group)) UsageCounts.Offer(ref counts.OutputAudio, number);
                else if (IsCached(group)) UsageCounts.Offer(ref counts.CachedAudio, number);
                else UsageCounts.Offer(ref counts.InputAudio, number);
                break;
            case 12 when name.SequenceEqual("image_tokens"u8):
                if (IsOutput(group)) UsageCounts.Offer(ref counts.OutputImage, number);
                else if (IsCached(group)) UsageCounts.Offer(ref counts.CachedImage, number);
                else UsageCounts.Offer(ref counts.InputImage, number);
                break;
            case 12 when name.SequenceEqual("search_units"u8): UsageCounts.Offer(ref counts.SearchUnits, number); break;
            case 7 when name.SequenceEqual("seconds"u8): OfferSeconds(ref counts.AudioMilliseconds, number); break;
            case 13 when name.SequenceEqual("output_tokens"u8): UsageCounts.Offer(ref counts.Output, number); break;
            case 13 when name.SequenceEqual("prompt_tokens"u8): UsageCounts.Offer(ref counts.Input, number); break;
            case 13 when name.SequenceEqual("cached_tokens"u8): OfferCached(ref counts.CacheRead, number); break;
            case 12 when name.SequenceEqual("total_tokens"u8): UsageCounts.Offer(ref counts.Total, number); break;
            case 17 when name.SequenceEqual("completion_tokens"u8): UsageCounts.Offer(ref counts.Output, number); break;
            case 16 when name.SequenceEqual("reasoning_tokens"u8): UsageCounts.Offer(ref counts.Reasoning, number); break;
            case 15 when name.SequenceEqual("thinking_tokens"u8): UsageCounts.Offer(ref counts.Reasoning, number); break;
            case 15 when name.SequenceEqual("reasoningTokens"u8): UsageCounts.Offer(ref counts.Reasoning, number); break;
            case 18 when name.SequenceEqual("thoughtsTokenCount"u8): UsageCounts.Offer(ref counts.Reasoning, number); break;
            case 18 when name.SequenceEqual("cache_write_tokens"u8): OfferCached(ref counts.CacheWrite, number); break;
            case 16 when name.SequenceEqual("promptTokenCount"u8): UsageCounts.Offer(ref counts.Input, number); break;
            case 20 when name.SequenceEqual("candidatesTokenCount"u8): UsageCounts.Offer(ref counts.Output, number); break;
            case 15 when name.SequenceEqual("totalTokenCount"u8): UsageCounts.Offer(ref counts.Total, number); break;
            case 23 when name.SequenceEqual("cachedContentTokenCount"u8): UsageCounts.Offer(ref counts.CacheRead, number); break;
            case 18 when name.SequenceEqual("cachedPromptTokens"u8): UsageCounts.Offer(ref counts.CacheRead, number); break;
            case 23 when name.SequenceEqual("cache_read_input_tokens"u8): OfferCached(ref counts.CacheRead, number); break;
            case 20 when name.SequenceEqual("cacheReadInputTokens"u8): UsageCounts.Offer(ref counts.CacheRead, number); break;
            case 27 when name.SequenceEqual("cache_creation_input_tokens"u8): OfferCached(ref counts.CacheWrite, number); break;
            case 24 when name.SequenceEqual("cacheCreationInputTokens"u8): UsageCounts.Offer(ref counts.CacheWrite, number); break;
            case 21 when name.SequenceEqual("cacheWriteInputTokens"u8): UsageCounts.Offer(ref counts.CacheWrite, number); break;
            case 25 when name.SequenceEqual("ephemeral_5m_input_tokens"u8): UsageCounts.Offer(ref counts.CacheWrite5m, number); break;
            case 25 when name.SequenceEqual("ephemeral_1h_input_tokens"u8): UsageCounts.Offer(ref counts.CacheWrite1h, number); break;
            case 19 when name.SequenceEqual("web_search_requests"u8): UsageCounts.Offer(ref counts.WebSearches, number); break;
        }
    }

    /// <summary>Gateways tell one part in two forms, and 0 in the one that the host does not have.</summary>
    private static void OfferCached(ref long count, ReadOnlySpan<byte> number)
    {
        if (count == 0) count = UsageCounts.Untold;
        UsageCounts.Offer(ref count, number);
    }

    /// <summary>OpenAI's transcriptions tell the length of the sound in seconds.</summary>
    private static void OfferSeconds(ref long milliseconds, ReadOnlySpan<byte> number)
    {
        if (!UsageCounts.Told(milliseconds) && System.Buffers.Text.Utf8Parser.TryParse(number, out double seconds, out var used) && used == number.Length
            && AttributeValue.TryLong(Math.Round(seconds * 1000), out var whole)) milliseconds = whole;
    }

    private static bool IsCached(ReadOnlySpan<byte> group) => group.StartsWith("cached"u8);

    private static bool IsOutput(ReadOnlySpan<byte> group) => group.StartsWith("completion"u8) || group.StartsWith("output"u8);

    /// <summary>
    /// Langfuse <c>usage_details</c>. Its own keys are disjoint parts (<c>input</c>, <c>output</c>, <c>input_cached_tokens</c> …); a caller may also
    /// have passed a provider's usage object through, which is read as that.
    /// </summary>
    public static void ReadLangfuse(ReadOnlySpan<byte> json, ref UsageCounts counts)
    {
        var walker = new JsonWalker(json);
        if (!walker.Read() || walker.Token != JsonToken.StartObject) return;
        var found = UsageCounts.None;
        ReadOnlySpan<byte> name = default, group = default;
        while (walker.Read())
        {
            switch (walker.Token)
            {
                case JsonToken.Name: name = walker.Value; break;
                case JsonToken.StartObject when walker.Depth == 2: group = name; break;
                case JsonToken.EndObject: group = default; break;
                case JsonToken.Number: TakeLangfuse(name, group, walker.Value, ref found); break;
            }
        }

        if (UsageCounts.Told(counts.Input) || UsageCounts.Told(counts.Output))
        {
            // Plain attributes told the totals: only what they left open is taken, and their meaning stands.
            Fill(ref counts.CacheRead, found.CacheRead);
            Fill(ref counts.CacheWrite, found.CacheWrite);
            Fill(ref counts.Reasoning, found.Reasoning);
            return;
        }

        var outer = counts;
        counts = found;
        Fill(ref counts.CacheWrite5m, outer.CacheWrite5m);
        Fill(ref counts.CacheWrite1h, outer.CacheWrite1h);
        Fill(ref counts.Total, outer.Total);
    }

    private static void Fill(ref long count, long other)
    {
        if (!UsageCounts.Told(count)) count = other;
    }

    private static void TakeLangfuse(ReadOnlySpan<byte> name, ReadOnlySpan<byte> group, ReadOnlySpan<byte> number, ref UsageCounts counts)
    {
        if (group.IsEmpty)
        {
            if (name.SequenceEqual("input"u8))
            {
                counts.Disjoint = true;
                UsageCounts.Offer(ref counts.Input, number);
                return;
            }

            if (name.SequenceEqual("output"u8))
            {
                counts.Disjoint = true;
                UsageCounts.Offer(ref counts.Output, number);
                return;
            }

            if (name.SequenceEqual("input_tokens"u8))
            {
                UsageCounts.Offer(ref counts.Input, number);
                return;
            }

            if (name.SequenceEqual("prompt_tokens"u8)) counts.Inclusive = true;

            if (name.SequenceEqual("total"u8))
            {
                UsageCounts.Offer(ref counts.Total, number);
                return;
            }

            if (name.StartsWith("input_"u8) || name.StartsWith("output_"u8) || name.StartsWith("cache_"u8))
            {
                if (name.IndexOf("reasoning"u8) >= 0) UsageCounts.Offer(ref counts.Reasoning, number);
                else if (name.IndexOf("creation"u8) >= 0 || name.IndexOf("write"u8) >= 0)
                {
                    if (name.IndexOf("1h"u8) >= 0) UsageCounts.Offer(ref counts.CacheWrite1h, number);
                    else if (name.IndexOf("5m"u8) >= 0) UsageCounts.Offer(ref counts.CacheWrite5m, number);
                    else UsageCounts.Offer(ref counts.CacheWrite, number);
                }
                else if (name.StartsWith("output_"u8) && name.IndexOf("audio"u8) >= 0) UsageCounts.Offer(ref counts.OutputAudio, number);
                else if (name.StartsWith("output_"u8) && name.IndexOf("image"u8) >= 0) UsageCounts.Offer(ref counts.OutputImage, number);
                else if (name.IndexOf("audio"u8) >= 0) UsageCounts.Offer(ref counts.InputAudio, number);
                else if (name.IndexOf("image"u8) >= 0) UsageCounts.Offer(ref counts.InputImage, number);
                else if (name.IndexOf("cache"u8) >= 0) UsageCounts.Offer(ref counts.CacheRead, number);
                else TakePart(name, group, number, ref counts);
                return;
            }
        }

        TakePart(name, group, number, ref counts);
    }
}
