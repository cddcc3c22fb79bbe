using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Lines;

/// <summary>The length of the periods that lines are summed by; both are of UTC, as bills are.</summary>
public enum LinePeriod
{
    Day,
    Hour,
}

/// <summary>The line items of the calls that started in a range.</summary>
public sealed record LineQuestion(ReadScope Scope, TimeRange Range)
{
    public LinePeriod Period { get; init; } = LinePeriod.Day;

    /// <summary>The tags that lines are kept apart by. What is not named is neither read nor told.</summary>
    public IReadOnlyList<Tag> Tags { get; init; } = [];
}
