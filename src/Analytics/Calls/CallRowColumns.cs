using System.Data.Common;
using System.Globalization;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>The columns behind a <see cref="CallRow"/>, and how they are read.</summary>
internal static class CallRowColumns
{
    public const string Marker = "{{columns}}";

    public const string Text =
        """
        hex(trace_id), span_id, toUnixTimestamp64Micro(start_time) AS start_us, duration_us, time_to_first_token_us, toString(project_id),
          CAST(status, 'Int8'), error_type, operation, provider, model, requested_model, feature, user, team, customer, environment, service, endpoint,
          session, response_id, toString(cost), toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image, cache_read,
          toUInt64(cache_write_5m) + cache_write_1h, toUInt64(output_text) + output_reasoning + output_audio + output_image, output_reasoning, flags
        """;

    public static CallRow Read(DbDataReader row)
    {
        TraceId.TryParse(row.GetString(0), out var trace);
        var flags = (CallFlags)Number(row, 27);
        var firstToken = Number(row, 4);
        return new CallRow
        {
            Id = new CallId(trace, new SpanId(Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture))),
            Start = Instant(Number(row, 2)),
            Duration = TimeSpan.FromMicroseconds(Number(row, 3)),
            TimeToFirstToken = firstToken == 0 ? null : TimeSpan.FromMicroseconds(firstToken),
            Project = Guid.Parse(row.GetString(5)),
            Status = (CallStatus)Number(row, 6),
            ErrorType = row.GetString(7),
            Operation = row.GetString(8),
            Provider = row.GetString(9),
            Model = row.GetString(10),
            RequestedModel = row.GetString(11),
            Feature = row.GetString(12),
            User = row.GetString(13),
            Team = row.GetString(14),
            Customer = row.GetString(15),
            Environment = row.GetString(16),
            Service = row.GetString(17),
            Endpoint = row.GetString(18),
            Session = row.GetString(19),
            ResponseId = row.GetString(20),
            Cost = flags.HasFlag(CallFlags.Unpriced) ? null : Money(row.GetString(21)),
            InputTokens = Number(row, 22),
            CacheReadTokens = Number(row, 23),
            CacheWriteTokens = Number(row, 24),
            OutputTokens = Number(row, 25),
            ReasoningTokens = Number(row, 26),
            Flags = flags,
        };
    }

    public static DateTimeOffset Instant(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);

    public static decimal Money(string text) => decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture);

    public static long Number(DbDataReader row, int column) => Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);
}
