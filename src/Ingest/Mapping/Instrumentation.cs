using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>Whether an instrumentation's input count includes the tokens read from and written to a prompt cache.</summary>
internal enum InputConvention : byte
{
    /// <summary>Not known: the OpenTelemetry rule (inclusive) is followed, and the call is marked where the difference would show.</summary>
    Unknown,
    Inclusive,
    Exclusive,
}

/// <summary>
/// What is known of an instrumentation, by the name of its scope. Every row was seen on the wire or read in its source (docs/telemetry.md);
/// where the row leaves a question open, <see cref="UsageRules"/> decides by the figures.
/// </summary>
/// <param name="Anthropic">How input is counted for Anthropic's models.</param>
/// <param name="Others">How input is counted for everybody else's.</param>
/// <param name="ReasoningInside">Reasoning is part of the output count also for Google's models, whose own API counts it beside.</param>
/// <param name="Source">A gateway's report goes before any SDK's.</param>
/// <param name="GuessesStreams">Writes its own tokenizer's guess of the visible text for a stream, under the normal names.</param>
internal sealed record Instrumentation(
    string ScopePrefix,
    InputConvention Anthropic,
    InputConvention Others,
    bool ReasoningInside = false,
    ReportSource Source = ReportSource.Sdk,
    bool GuessesStreams = false)
{
    public static Instrumentation Other { get; } = new("", InputConvention.Unknown, InputConvention.Unknown);

    /// <summary>Longer prefixes stand before shorter ones; a trailing dot or slash is part of the name.</summary>
    public static IReadOnlyList<Instrumentation> Table { get; } =
    [
        new("finops.gateway", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true, Source: ReportSource.Gateway),
        new("litellm", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true, Source: ReportSource.Gateway),
        new("portkey", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),
        new("@portkey-ai/", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),
        new("bifrost", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),
        new("helicone", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),
        new("openrouter", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true, Source: ReportSource.Gateway),
        new("envoy-ai-gateway", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),
        new("agentgateway", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),
        new("kong-", InputConvention.Unknown, InputConvention.Inclusive, Source: ReportSource.Gateway),

        new("com.anthropic.sdk.", InputConvention.Inclusive, InputConvention.Inclusive),
        new("Experimental.Microsoft.Extensions.AI", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true),
        new("OpenAI.", InputConvention.Inclusive, InputConvention.Inclusive),
        new("@openlit/instrumentation-anthropic", InputConvention.Exclusive, InputConvention.Exclusive),
        new("@openlit/", InputConvention.Unknown, InputConvention.Inclusive),
        new("@traceloop/instrumentation-anthropic", InputConvention.Exclusive, InputConvention.Exclusive),
        new("@traceloop/instrumentation-openai", InputConvention.Inclusive, InputConvention.Inclusive, GuessesStreams: true),
        new("@traceloop/", InputConvention.Unknown, InputConvention.Inclusive),
        new("gen_ai", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true),
        new("ai", InputConvention.Exclusive, InputConvention.Inclusive),
        new("@arizeai/openinference-", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true),
        new("openinference.instrumentation.", InputConvention.Inclusive, InputConvention.Inclusive, ReasoningInside: true),
        new("langfuse-sdk", InputConvention.Exclusive, InputConvention.Exclusive),
    ];

    /// <summary>The whole name, or its beginning where the row ends in a separator; product names of gateways match as beginnings too.</summary>
    public static Instrumentation For(string scope)
    {
        if (scope.Length == 0) return Other;
        foreach (var row in Table)
        {
            if (!scope.StartsWith(row.ScopePrefix, StringComparison.OrdinalIgnoreCase)) continue;
            var end = row.ScopePrefix.Length;
            if (scope.Length == end || row.ScopePrefix[^1] is '.' or '/' or '-' || !char.IsLetterOrDigit(scope[end]) && scope[end] != '_') return row;
        }

        return Other;
    }
}
