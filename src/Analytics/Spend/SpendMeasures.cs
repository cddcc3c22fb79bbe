using System.Data.Common;
using System.Globalization;
using FinOps.Domain.Sampling;

namespace FinOps.Analytics.Spend;

/// <summary>The nine measures, and the four of what sampling left out: how one call counts in each, how they are summed, and how a sum is read. Roll-ups are built by the same rules.</summary>
internal static class SpendMeasures
{
    /// <summary>Marks the place of the sums in a statement's text.</summary>
    public const string Marker = "{{sums}}";

    public const int Count = 9;

    /// <summary>CallFlags.Unpriced = 128: the cost of an answered call is unknown. A failed one is in no other count, but what it was billed is in the cost.</summary>
    public const string OfOneCall =
        """
        cost, toUInt64(status = 'answered') AS calls, toUInt64(status = 'answered' AND bitAnd(flags, 128) != 0) AS unpriced_calls, toUInt64(status = 'failed') AS failed_calls,
            toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image AS input_tokens,
            toUInt64(cache_read) AS cache_read_tokens, toUInt64(cache_write_5m) + cache_write_1h AS cache_write_tokens,
            toUInt64(output_text) + output_reasoning + output_audio + output_image AS output_tokens, toUInt64(output_reasoning) AS reasoning_tokens
        """;

    /// <summary>
    /// What sampling left out of the nine, read only where a call of the range stands for others: <see cref="Domain.Sampling.SampledSum.OfCall"/> in the engine's words. Reads <c>trace_cost</c>, what the
    /// sampled calls of the same trace and quarter hour cost together.
    /// </summary>
    public const string LeftOutOfOneCall =
        """
        toUInt64(status = 'answered' AND sampling_weight > 1) AS sampled_calls, if(status = 'answered', sampling_weight - 1, 0) AS left_out_calls,
            toDecimal128(toFloat64(cost) * (sampling_weight - 1), 12) AS left_out_cost, sampling_weight * (sampling_weight - 1) * toFloat64(cost) * toFloat64(trace_cost) AS left_out_variance
        """;

    public const string LeftOutColumns = "sampled_calls, left_out_calls, left_out_cost, left_out_variance";

    public const string TraceCost = "sumIf(cost, sampling_weight > 1) OVER (PARTITION BY trace_id, toStartOfFifteenMinutes(start_time)) AS trace_cost";

    /// <summary>What is read of <c>calls</c> for both, beside the dimensions.</summary>
    public const string CallColumns =
        "cost, status, flags, input_fresh, cache_read, cache_write_5m, cache_write_1h, input_audio, input_image, output_text, output_reasoning, output_audio, output_image, sampling_weight";

    /// <summary>
    /// The service tier that a call was served at, as far as it has a price of its own (<c>PriceMultipliers.TryParse</c> in the engine's words): of a handful, whatever is told. Empty: the standard one, or another that is priced as
    /// such.
    /// </summary>
    public const string Tier =
        """
        multiIf(batch OR lower(if(served_tier != '', served_tier, requested_tier)) = 'batch', 'batch', lower(served_tier) IN ('flex', 'on_demand_flex'), 'flex',
            lower(served_tier) IN ('priority', 'on_demand_priority'), 'priority', lower(served_tier) = 'fast', 'fast', '') AS tier
        """;

    /// <summary>What is read of <c>calls</c> for <see cref="Tier"/>.</summary>
    public const string TierColumns = "batch, served_tier, requested_tier";

    /// <summary>Marks the place of <see cref="Tier"/> in a statement's text.</summary>
    public const string TierMarker = "{{tier}}";

    public const string Sums =
        """
        sum(cost) AS sum_cost,
          sum(calls) AS sum_calls,
          sum(unpriced_calls) AS sum_unpriced_calls,
          sum(failed_calls) AS sum_failed_calls,
          sum(input_tokens) AS sum_input_tokens,
          sum(cache_read_tokens) AS sum_cache_read_tokens,
          sum(cache_write_tokens) AS sum_cache_write_tokens,
          sum(output_tokens) AS sum_output_tokens,
          sum(reasoning_tokens) AS sum_reasoning_tokens
        """;

    public const string LeftOutSums =
        """
        ,
          sum(sampled_calls) AS sum_sampled_calls,
          sum(left_out_calls) AS sum_left_out_calls,
          sum(left_out_cost) AS sum_left_out_cost,
          sum(left_out_variance) AS sum_left_out_variance
        """;

    /// <summary>The sums of what a source tells.</summary>
    public static string SumsOf(SpendSource source) => source.IsSampled ? Sums + LeftOutSums : Sums;

    /// <summary>Reads the nine sums from a column on, and where calls were sampled what that left out.</summary>
    public static SpendFigures Read(DbDataReader row, int first, bool isSampled) => new(
        ReadMoney(row, first), ReadCount(row, first + 1), ReadCount(row, first + 2), ReadCount(row, first + 3), ReadCount(row, first + 4),
        ReadCount(row, first + 5), ReadCount(row, first + 6), ReadCount(row, first + 7), ReadCount(row, first + 8))
    {
        LeftOut = isSampled
            ? new SampledSum(ReadCount(row, first + Count), row.GetDouble(first + Count + 1), ReadMoney(row, first + Count + 2), row.GetDouble(first + Count + 3))
            : default,
    };

    public static decimal ReadMoney(DbDataReader row, int column) =>
        Convert.ToDecimal(row.GetValue(column), CultureInfo.InvariantCulture) / 1.0000000000000000000000000000m;

    public static long ReadCount(DbDataReader row, int column) => Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);
}
