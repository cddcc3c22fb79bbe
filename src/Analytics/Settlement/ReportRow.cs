using System.Data.Common;
using System.Globalization;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Settlement;

/// <summary>Reads a whole row of <c>calls</c> back into the report it was written from.</summary>
internal static class ReportRow
{
    /// <summary>In the order in which <see cref="Read"/> takes them.</summary>
    public const string Columns =
        """
        project_id, key_id, hex(trace_id), span_id, parent_span_id, toUnixTimestamp64Micro(start_time), duration_us, time_to_first_token_us, span_name, scope,
          CAST(source, 'Int8'), operation, toUInt8(wraps_calls), provider, region, requested_model, served_model, requested_tier, served_tier, variant,
          toUInt8(batch), CAST(streamed, 'Int8'), attempt, sampling_weight, response_id, CAST(status, 'Int8'), error_type, finish_reason, policies,
          gateway_key, cache, tokens_avoided,
          input_fresh, cache_read, cache_write_5m, cache_write_1h, output_text, output_reasoning, input_audio, output_audio, input_image, output_image,
          web_searches, gpu_ms, mapKeys(other_usage), mapValues(other_usage), told, CAST(usage_source, 'Int8'), flags, ifNull(toString(reported_cost), ''),
          feature, user, team, customer, environment, service, session, endpoint, tag_levels,
          input_hash, prefix_hash, item_hashes, message_count, tool_call_count, turn_number, max_tokens,
          toString(cost), price_id, book_version, CAST(role, 'Int8'), hex(call_trace_id), call_span_id, origin, version
        """;

    public static CallReport Read(DbDataReader row, TenantId tenant)
    {
        var next = new Cursor(row);
        var report = new CallReport
        {
            Tenant = tenant,
            Project = new ProjectId((Guid)next.Value()),
            Key = (Guid)next.Value(),
            TraceId = next.Trace(),
            SpanId = new SpanId(next.Number()),
            ParentSpanId = new SpanId(next.Number()),
            StartUnixMicros = (long)next.Number(),
            DurationMicros = next.Number(),
            TimeToFirstTokenMicros = next.Number(),
            SpanName = next.Text(),
            Scope = next.Text(),
            Source = (ReportSource)next.Number(),
            Operation = next.Text(),
            WrapsCalls = next.Number() != 0,
            Provider = next.Text(),
            Region = next.Text(),
            RequestedModel = next.Text(),
            ServedModel = next.Text(),
            RequestedTier = next.Text(),
            ServedTier = next.Text(),
            Variant = next.Text(),
            Batch = next.Number() != 0,
            Streamed = (Streaming)next.Number(),
            Attempt = (ushort)next.Number(),
            SamplingWeight = (double)next.Value(),
            ResponseId = next.Text(),
            Status = (CallStatus)next.Number(),
            ErrorType = next.Text(),
            FinishReason = next.Text(),
            Policies = next.Text(),
            GatewayKey = next.Text(),
            Cache = next.Text(),
            TokensAvoided = next.Tokens(),
            Usage = new UsageVector
            {
                InputFresh = next.Tokens(),
                CacheRead = next.Tokens(),
                CacheWrite5m = next.Tokens(),
                CacheWrite1h = next.Tokens(),
                OutputText = next.Tokens(),
                OutputReasoning = next.Tokens(),
                InputAudio = next.Tokens(),
                OutputAudio = next.Tokens(),
                InputImage = next.Tokens(),
                OutputImage = next.Tokens(),
                WebSearches = next.Tokens(),
                GpuMilliseconds = next.Tokens(),
            },
        };
        ReadOther(ref report.Usage, (string[])next.Value(), (uint[])next.Value());
        report.Told = (UsageParts)next.Number();
        report.UsageSource = (UsageSource)next.Number();
        report.Flags = (CallFlags)next.Number();
        report.ReportedCost = next.Text() is { Length: > 0 } cost ? Money(cost) : null;
        for (var tag = 0; tag < TagSet.Count; tag++) report.Tags.Set((Tag)tag, next.Text(), TagLevel.None);
        report.Tags.PackedLevels = next.Tokens();
        report.InputHash = next.Number();
        report.PrefixHash = next.Number();
        report.ItemHashes = (ulong[])next.Value();
        report.MessageCount = (ushort)next.Number();
        report.ToolCallCount = (ushort)next.Number();
        report.TurnNumber = (ushort)next.Number();
        report.MaxTokens = next.Tokens();
        report.Cost = Money(next.Text());
        report.PriceId = (long)next.Value();
        report.BookVersion = (long)next.Value();
        report.Role = (CallRole)next.Number();
        report.CallTraceId = next.Trace();
        report.CallSpanId = new SpanId(next.Number());
        report.Origin = next.Text();
        report.Version = next.Number();
        return report;
    }

    private static void ReadOther(ref UsageVector usage, string[] names, uint[] quantities)
    {
        for (var i = 0; i < names.Length; i++) OtherUsage.Set(ref usage, names[i], quantities[i]);
        // The column counts all cached tokens; in the vector no token stands in two parts.
        usage.CacheRead -= Math.Min(usage.CacheRead, usage.CacheReadAudio + usage.CacheReadImage);
    }

    private static decimal Money(string text) => decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture);

    private struct Cursor(DbDataReader row)
    {
        private int _column;

        public object Value() => row.GetValue(_column++);

        public string Text() => row.GetString(_column++);

        public ulong Number() => Convert.ToUInt64(row.GetValue(_column++), CultureInfo.InvariantCulture);

        public uint Tokens() => Convert.ToUInt32(row.GetValue(_column++), CultureInfo.InvariantCulture);

        public TraceId Trace() => TraceTouch.ReadTrace(row, _column++);
    }
}
