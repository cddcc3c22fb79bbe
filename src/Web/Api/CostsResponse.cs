using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Domain.Sampling;

namespace FinOps.Web.Api;

/// <summary>What calls cost.</summary>
/// <param name="Rows">By period, then from the highest cost. Without calls: no rows, but a total without groups has one of zeros.</param>
/// <param name="Truncated">There are more rows than `limit`: narrow the range, the groups or the filters.</param>
public sealed record CostsResponse(IReadOnlyList<CostRow> Rows, bool Truncated)
{
    [Description("Accepted differences between providers' bills and these figures, in none of the rows; null where there are none, or only a part of the calls was asked for.")]
    public AdjustmentSumResponse? Adjustments { get; init; }

    [Description("Months of the range whose books are closed, the earliest first: the rows tell calls as they are now, corrections included. Null where there are none, or only a part of the calls was asked for.")]
    public IReadOnlyList<ClosedMonthResponse>? ClosedMonths { get; init; }
}

/// <summary>A cost scaled up from sampled calls. An estimate: it stands beside what was seen, and in no other sum.</summary>
public sealed record EstimatedCost
{
    [Description("Always `estimated`.")]
    public string Label { get; } = "estimated";

    [Description("What all calls cost, those that sampling left out included, in the currency of the row.")]
    public required decimal Cost { get; init; }

    [Description("Where the 95 % interval of `cost` begins; null while fewer than 15 sampled traces tell of it.")]
    public required decimal? Low { get; init; }

    [Description("Where it ends.")]
    public required decimal? High { get; init; }

    [Description("Answered calls, those that sampling left out included.")]
    public required decimal Calls { get; init; }

    [Description("Answered calls that were seen and stand for others. The other ones of `calls` stand for themselves alone.")]
    public required long SampledCalls { get; init; }

    [Description("How many calls each of them stands for, on average: 10 where one in ten was kept.")]
    public required decimal OneIn { get; init; }

    internal static EstimatedCost? Of(SampledEstimate? estimate) => estimate is null ? null : new EstimatedCost
    {
        Cost = estimate.Cost,
        Low = estimate.Low,
        High = estimate.High,
        Calls = decimal.Round((decimal)estimate.Calls, 3),
        SampledCalls = estimate.SampledCalls,
        OneIn = decimal.Round((decimal)estimate.OneIn, 3),
    };
}

/// <summary>The sums of one period and group.</summary>
public sealed record CostRow
{
    [Description("Start of the period, RFC 3339, in the offset that the asked time zone has then. For a total: the range's start.")]
    public required DateTimeOffset Period { get; init; }

    [Description("The value of each dimension in `groupBy`; an empty string where calls do not tell it.")]
    public required IReadOnlyDictionary<string, string> Group { get; init; }

    [Description("Sum of the priced calls, with all its decimals; 0 when none is priced.")]
    public required decimal Cost { get; init; }

    [Description("ISO 4217 code of `cost`.")]
    public required string Currency { get; init; }

    [Description("Provider calls that were answered, each counted once, unpriced ones included.")]
    public required long Calls { get; init; }

    [Description("Answered calls whose cost is unknown: they are in `calls`, not in `cost`.")]
    public required long UnpricedCalls { get; init; }

    [Description("Attempts that failed. They are in no other count; what a provider billed for them is in `cost`.")]
    public required long FailedCalls { get; init; }

    [Description("Input tokens, cached ones included.")]
    public required long InputTokens { get; init; }

    [Description("Input tokens read from a prompt cache.")]
    public required long CacheReadTokens { get; init; }

    [Description("Input tokens written to a prompt cache.")]
    public required long CacheWriteTokens { get; init; }

    [Description("Output tokens, reasoning included.")]
    public required long OutputTokens { get; init; }

    [Description("Output tokens spent on reasoning.")]
    public required long ReasoningTokens { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("Where some of the calls were sampled: the cost scaled up to those that were left out, with its interval. Left out where none was: then `cost` is all. `cost` and every other figure is what was seen.")]
    public EstimatedCost? Estimated { get; init; }
}
