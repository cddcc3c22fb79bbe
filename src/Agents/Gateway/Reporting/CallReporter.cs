using System.Diagnostics;
using System.Globalization;
using FinOps.Domain.Usage;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Reporting;

/// <summary>Tells of every attempt as a span in the words of the GenAI conventions. Counts, names and keyed hashes; never content.</summary>
internal sealed class CallReporter : IDisposable
{
    /// <summary>Ingest knows it: reports of this scope go before any SDK's, and their input includes what was cached.</summary>
    public const string Scope = "finops.gateway";

    private readonly ActivitySource _source = new(Scope);

    /// <summary>Spans of another gateway in the process have another one of the same name.</summary>
    public bool IsOurs(Activity span) => ReferenceEquals(span.Source, _source);

    /// <summary>Begins the span, so that its id can be told at the answer's head. Null when nothing is reported.</summary>
    /// <param name="traceId">Of the call's attempts before; the default: there are none.</param>
    public Activity? Begin(Operation operation, string model, string? traceparent, string? tracestate, ActivityTraceId traceId, DateTimeOffset startedAt)
    {
        if (!_source.HasListeners()) return null;
        var parent = ActivityContext.TryParse(traceparent, tracestate, isRemote: true, out var told) ? told : traceId != default ? new ActivityContext(traceId, default, ActivityTraceFlags.Recorded) : default;
        var span = _source.CreateActivity(model.Length == 0 ? operation.TelemetryName() : $"{operation.TelemetryName()} {model}", ActivityKind.Client, parent);
        if (span is null) return null;
        span.SetStartTime(startedAt.UtcDateTime);
        span.Start();
        return span;
    }

    public void End(Attempt attempt, GatewayCall call, DateTimeOffset endedAt)
    {
        if (attempt.Span is not { } span) return;
        // Each name once: to set one that may be there already would look at all before it.
        span.AddTag("gen_ai.operation.name", attempt.Operation.TelemetryName());
        span.AddTag("gen_ai.provider.name", attempt.Provider.TelemetryName);
        span.AddTag("server.address", attempt.Provider.BaseUrl.Host);
        Text(span, "gen_ai.request.model", attempt.RequestedModel);
        // A policy sent it elsewhere; where the answer names no model, the price goes by it.
        if (attempt.AskedModel != attempt.RequestedModel) Text(span, "finops.asked_model", attempt.AskedModel);
        Text(span, "gen_ai.response.model", attempt.Facts.Model);
        Text(span, "gen_ai.response.id", attempt.Facts.Id);
        Text(span, "gen_ai.request.service_tier", attempt.RequestedTier);
        Text(span, "gen_ai.response.service_tier", attempt.Facts.ServiceTier);
        Text(span, "finops.region", attempt.Facts.Geography);
        if (attempt.Facts.FinishReason.Length != 0) span.AddTag("gen_ai.response.finish_reasons", new[] { attempt.Facts.FinishReason });
        if (attempt.MaxTokens != 0) span.AddTag("gen_ai.request.max_tokens", (long)attempt.MaxTokens);
        span.AddTag("gen_ai.request.stream", attempt.Streamed);
        if (attempt.FirstPieceMicros > 0 && attempt.Streamed) span.AddTag("gen_ai.response.time_to_first_chunk", attempt.FirstPieceMicros / 1e6);
        if (attempt.Status != 0) span.AddTag("http.response.status_code", (long)attempt.Status);
        if (attempt.Number != 0) span.AddTag("http.request.resend_count", (long)attempt.Number);
        if (attempt.InputHash != 0) span.AddTag("finops.input_hash", attempt.InputHash.ToString("x16", CultureInfo.InvariantCulture));
        if (attempt.MessageCount != 0) span.AddTag("finops.message_count", (long)attempt.MessageCount);
        if (attempt.ToolCount != 0) span.AddTag("finops.tool_count", (long)attempt.ToolCount);
        Text(span, "finops.key", attempt.KeyId);
        if (attempt.IsBatch) span.AddTag("finops.batch", true);
        if (call.CacheState != "none") span.AddTag("finops.cache", call.CacheState);
        if (attempt.IsCacheHit)
        {
            span.AddTag("finops.cache_hit", true);
            span.AddTag("finops.tokens_avoided", (long)(attempt.Usage.InputTotal + attempt.Usage.OutputTotal));
        }
        else if (attempt.Error.Length == 0)
        {
            Count(span, "finops.tokens_avoided", attempt.TokensAvoided);
        }

        if (!call.Trace.IsEmpty) span.AddTag("finops.policies", call.Trace.ToSpan());
        WriteUsage(span, attempt);
        WriteTags(span, attempt);
        if (attempt.Error.Length != 0)
        {
            span.AddTag("error.type", attempt.Error);
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.SetEndTime(endedAt.UtcDateTime);
        span.Stop();
    }

    /// <summary>It turned out to be no call.</summary>
    public static void Forget(Attempt attempt)
    {
        if (attempt.Span is not { } span) return;
        span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        span.Stop();
    }

    private static void WriteUsage(Activity span, Attempt attempt)
    {
        if (attempt.UsageSource == UsageSource.Missing) return;
        var usage = attempt.Usage;
        if (attempt.UsageSource == UsageSource.Estimated) span.AddTag("finops.usage.estimated", true);
        span.AddTag("gen_ai.usage.input_tokens", (long)usage.InputTotal);
        span.AddTag("gen_ai.usage.output_tokens", (long)usage.OutputTotal);
        Count(span, "gen_ai.usage.cache_read.input_tokens", (long)usage.CacheReadTotal);
        Count(span, "gen_ai.usage.cache_write.input_tokens", (long)usage.CacheWriteTotal);
        if (usage.CacheWrite1h != 0)
        {
            span.AddTag("gen_ai.usage.cache_creation.ephemeral_5m_input_tokens", (long)usage.CacheWrite5m);
            span.AddTag("gen_ai.usage.cache_creation.ephemeral_1h_input_tokens", (long)usage.CacheWrite1h);
        }

        Count(span, "gen_ai.usage.reasoning.output_tokens", usage.OutputReasoning);
        // Conventions count a modality with what came of it out of the cache.
        Count(span, "gen_ai.usage.audio.input_tokens", (long)usage.InputAudio + usage.CacheReadAudio);
        Count(span, "gen_ai.usage.image.input_tokens", (long)usage.InputImage + usage.CacheReadImage);
        Count(span, "gen_ai.usage.audio.output_tokens", usage.OutputAudio);
        Count(span, "gen_ai.usage.image.output_tokens", usage.OutputImage);
        Count(span, "gen_ai.usage.audio.cache_read.input_tokens", usage.CacheReadAudio);
        Count(span, "gen_ai.usage.image.cache_read.input_tokens", usage.CacheReadImage);
        Count(span, "finops.usage.web_searches", usage.WebSearches);
        Count(span, "finops.usage.file_searches", usage.FileSearches);
        Count(span, "finops.usage.audio_milliseconds", usage.AudioMilliseconds);
    }

    private static void WriteTags(Activity span, Attempt attempt)
    {
        Text(span, "feature", attempt.Tags[Tag.Feature]);
        Text(span, "user.id", attempt.Tags[Tag.User]);
        Text(span, "team", attempt.Tags[Tag.Team]);
        Text(span, "customer.id", attempt.Tags[Tag.Customer]);
        Text(span, "deployment.environment.name", attempt.Tags[Tag.Environment]);
        Text(span, "service.name", attempt.Tags[Tag.Service]);
        Text(span, "session.id", attempt.Tags[Tag.Session]);
    }

    private static void Text(Activity span, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) span.AddTag(name, value);
    }

    private static void Count(Activity span, string name, long count)
    {
        if (count != 0) span.AddTag(name, count);
    }

    public void Dispose() => _source.Dispose();
}
