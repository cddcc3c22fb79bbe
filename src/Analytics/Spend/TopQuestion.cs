using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>The members of one dimension that cost most, and the rest in one sum. Also the source of filter suggestions, by <see cref="Search"/>.</summary>
public sealed record TopQuestion(ReadScope Scope, TimeRange Range, Dimension Dimension)
{
    public const int MaxLimit = 1_000;

    public SpendFilter Filter { get; init; } = SpendFilter.None;

    /// <summary>How many members are named. Default 5, at most <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 5;

    /// <summary>Only members whose name contains this, whatever its case; null = all.</summary>
    public string? Search { get; init; }
}

public sealed record TopMember(string Value, SpendFigures Figures);

/// <param name="Members">From the most expensive; equal costs by calls, then by name. The value is empty where calls do not tell it.</param>
/// <param name="Other">The sum of all that are not named.</param>
/// <param name="OtherMembers">How many those are.</param>
public sealed record TopAnswer(IReadOnlyList<TopMember> Members, SpendFigures Other, long OtherMembers)
{
    public SpendFigures Total => Members.Aggregate(Other, (sum, member) => sum + member.Figures);
}

/// <summary>Cost over time, split by the members that cost most over the whole range and "other": what a stacked chart draws.</summary>
public sealed record SplitQuestion(ReadScope Scope, TimeRange Range, Dimension Dimension, Granularity Granularity)
{
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public SpendFilter Filter { get; init; } = SpendFilter.None;

    /// <summary>How many members have a series of their own. Default 6.</summary>
    public int Members { get; init; } = 6;
}

/// <param name="Value">The member; null = all that are not named.</param>
/// <param name="Sum">Over the whole range.</param>
/// <param name="Figures">One for each period of the answer, zeros where there were no calls.</param>
public sealed record SplitSeries(string? Value, SpendFigures Sum, IReadOnlyList<SpendFigures> Figures);

/// <param name="Periods">Every period of the range, also those without calls.</param>
/// <param name="Series">From the most expensive; "other" last, and only where there is one.</param>
public sealed record SplitAnswer(IReadOnlyList<DateTimeOffset> Periods, IReadOnlyList<SplitSeries> Series);
