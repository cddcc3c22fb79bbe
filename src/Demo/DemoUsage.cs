using System.Globalization;

namespace FinOps.Demo;

/// <summary>The usage of one call, drawn from the quantiles of real traces, and the attributes that its SDK would set.</summary>
internal sealed class DemoUsage
{
    private readonly DemoFeature _feature;
    private readonly (string Provider, string Model, string Scope) _model;
    private readonly long _input, _cacheRead, _cacheWrite, _output, _reasoning;
    private readonly string _responseId;
    private readonly int _prompt;
    private readonly bool _streamed, _embeds, _anthropic;

    public DemoUsage(DemoRandom random, DemoFeature feature, (string Provider, string Model, string Scope) model, int? fixedInput)
    {
        _feature = feature;
        _model = model;
        _embeds = model.Model.StartsWith("text-embedding", StringComparison.Ordinal);
        _anthropic = model.Provider == "anthropic";
        _input = fixedInput ?? Math.Max(8, (int)(feature.Input.At(random.NextUnit()) * feature.InputScale));
        _input = Math.Min(_input, _embeds ? 8000 : 180_000);
        if (!_embeds)
        {
            _output = Math.Max(1, (int)(feature.Output.At(random.NextUnit()) * feature.OutputScale));
            if (feature.MaxTokens > 0) _output = Math.Min(_output, feature.MaxTokens);
            if (model.Model.StartsWith("gpt-5", StringComparison.Ordinal)) _reasoning = (long)(_output * (0.15 + 0.5 * random.NextUnit()));
            // Providers cache prefixes of 1,024 tokens and more.
            if (_input >= 1024 && model.Provider != DemoCompany.OwnServers) _cacheRead = _input * TokenQuantiles.PrefixSharePercent.At(random.NextUnit()) / 100 / 128 * 128;
            if (_anthropic && _input >= 1024) _cacheWrite = (long)((_input - _cacheRead) * 0.4 * random.NextUnit());
        }

        _streamed = feature.Name is "in-app-chat" or "help-center-answers" && !_embeds;
        _prompt = random.Skewed(feature.DistinctPrompts, 3.0);
        _responseId = _embeds ? "" : (_anthropic ? "msg_01" : model.Provider == "openai" ? "chatcmpl-" : "resp-")
            + random.NextId().ToString("x16", CultureInfo.InvariantCulture) + random.NextId().ToString("x16", CultureInfo.InvariantCulture)[..12];
        Duration = TimeSpan.FromMilliseconds(_embeds ? 40 + random.Below(120) : 220 + random.Below(300) + _output * (6 + random.Below(9)));
        TimeToFirstToken = TimeSpan.FromMilliseconds(180 + random.Below(500));
    }

    public string Operation => _embeds ? "embeddings" : _model.Provider == "gcp.gemini" ? "generate_content" : "chat";

    public TimeSpan Duration { get; }

    private TimeSpan TimeToFirstToken { get; }

    public List<DemoAttribute> Attributes(string requestedModel, string session)
    {
        List<DemoAttribute> attributes =
        [
            new("gen_ai.operation.name", Operation), new("gen_ai.provider.name", _model.Provider),
            new("gen_ai.request.model", requestedModel), new("gen_ai.response.model", _model.Model),
            new("gen_ai.usage.input_tokens", _input),
        ];
        if (_embeds)
        {
            // Sent as real SDKs send it; the product keeps only keyed hashes of it.
            attributes.Add(new("gen_ai.input.messages", string.Create(CultureInfo.InvariantCulture, $"catalog item {_prompt}: {_feature.Name}")));
            return attributes;
        }

        attributes.AddRange(
        [
            new("gen_ai.response.id", _responseId), new("gen_ai.usage.output_tokens", _output),
            new("gen_ai.response.finish_reasons", new[] { _feature.MaxTokens > 0 && _output >= _feature.MaxTokens ? "length" : "stop" }),
            new("gen_ai.system_instructions", _feature.System),
            new("gen_ai.input.messages", string.Create(CultureInfo.InvariantCulture,
                $$"""[{"role":"user","parts":[{"type":"text","content":"{{_feature.Name}} question {{_prompt}}"}]}]""")),
        ]);
        if (_model.Provider == DemoCompany.OwnServers) attributes.Add(new("finops.capacity", true));
        if (_feature.MaxTokens > 0) attributes.Add(new("gen_ai.request.max_tokens", (long)_feature.MaxTokens));
        if (_cacheRead > 0) attributes.Add(new("gen_ai.usage.cache_read.input_tokens", _cacheRead));
        if (_cacheWrite > 0)
        {
            attributes.Add(new("gen_ai.usage.cache_write.input_tokens", _cacheWrite));
            attributes.Add(new("anthropic.usage.cache_creation.ephemeral_5m_input_tokens", _cacheWrite));
            attributes.Add(new("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", 0L));
        }

        if (_reasoning > 0) attributes.Add(new("gen_ai.usage.reasoning.output_tokens", _reasoning));
        if (_streamed)
        {
            attributes.Add(new("gen_ai.request.stream", true));
            attributes.Add(new("gen_ai.response.time_to_first_chunk", TimeToFirstToken.TotalSeconds));
        }

        if (_feature.Name == "in-app-chat") attributes.Add(new("gen_ai.conversation.id", session));
        return attributes;
    }
}
