using FinOps.Domain.Sampling;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>What the calls of a range cost, by period and by any dimensions.</summary>
public sealed record SpendQuestion(ReadScope Scope, TimeRange Range)
{
    public const int DefaultLimit = 10_000;

    public Granularity Granularity { get; init; } = Granularity.Total;

    /// <summary>Cuts hours, days and months.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public IReadOnlyList<Dimension> GroupBy { get; init; } = [];

    public SpendFilter Filter { get; init; } = SpendFilter.None;

    /// <summary>Most rows of an answer; it says when there were more.</summary>
    public int Limit { get; init; } = DefaultLimit;
}

/// <summary>
/// Sums over calls. <paramref name="Cost"/> is USD, the sum of the priced calls; <paramref name="Calls"/> are the answered ones, the unpriced of them
/// included; <paramref name="FailedCalls"/> are in no other count. Input includes cached tokens, output includes reasoning.
/// </summary>
public readonly record struct SpendFigures(
    decimal Cost, long Calls, long UnpricedCalls, long FailedCalls,
    long InputTokens, long CacheReadTokens, long CacheWriteTokens, long OutputTokens, long ReasoningTokens)
{
    /// <summary>What sampling left out of all the others; they are what was seen.</summary>
    public SampledSum LeftOut { get; init; }

    /// <summary>The cost scaled up, with its interval; null where no call was sampled: then <see cref="Cost"/> is all.</summary>
    public SampledEstimate? Estimated => LeftOut.Estimate(Cost, Calls);

    public static SpendFigures operator +(SpendFigures a, SpendFigures b) => new(
        a.Cost + b.Cost, a.Calls + b.Calls, a.UnpricedCalls + b.UnpricedCalls, a.FailedCalls + b.FailedCalls,
        a.InputTokens + b.InputTokens, a.CacheReadTokens + b.CacheReadTokens, a.CacheWriteTokens + b.CacheWriteTokens,
        a.OutputTokens + b.OutputTokens, a.ReasoningTokens + b.ReasoningTokens)
    {
        LeftOut = a.LeftOut + b.LeftOut,
    };

    public bool IsEmpty => this == default;
}

/// <param name="Period">The start of the period, in the offset that its time zone has then; the range's start for a total.</param>
/// <param name="Group">One value for each dimension of the question, in its order; empty = not told.</param>
/// <param name="Figures">The sums.</param>
public sealed record SpendRow(DateTimeOffset Period, IReadOnlyList<string> Group, SpendFigures Figures);

/// <param name="Rows">By period, then by cost from the highest. A total without groups always has its one row; otherwise periods and groups without calls are absent.</param>
/// <param name="Truncated">There were more rows than the limit.</param>
public sealed record SpendAnswer(IReadOnlyList<SpendRow> Rows, bool Truncated)
{
    public SpendFigures Sum() => Rows.Aggregate(default(SpendFigures), (sum, row) => sum + row.Figures);
}
