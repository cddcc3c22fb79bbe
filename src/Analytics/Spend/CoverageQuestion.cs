using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>How many of a range's calls tell each tag.</summary>
public sealed record CoverageQuestion(ReadScope Scope, TimeRange Range)
{
    public SpendFilter Filter { get; init; } = SpendFilter.None;
}

/// <param name="Dimension">The tag.</param>
/// <param name="TaggedCalls">Calls that tell it.</param>
/// <param name="TaggedCost">What those cost, USD.</param>
public sealed record TagCoverage(Dimension Dimension, long TaggedCalls, decimal TaggedCost);

/// <param name="Figures">All calls of the range.</param>
/// <param name="Tags">Feature, team, environment, service, endpoint, user and customer.</param>
public sealed record CoverageAnswer(SpendFigures Figures, IReadOnlyList<TagCoverage> Tags);

/// <summary>How fresh the figures are that a reader may see.</summary>
public sealed record DataLagQuestion(ReadScope Scope);

/// <param name="LastReceivedAt">When the latest call became visible; null = no call ever, or (limited to teams) none in the last month.</param>
/// <param name="LastStartedAt">When the latest call started, by its own clock.</param>
/// <param name="PendingCells">
/// Quarter hours whose roll-up is behind: their raw rows are read instead, so the figures are complete. Null for a reader limited to teams: it would tell when others call.
/// </param>
/// <param name="OldestPendingChange">The oldest of their last changes; null = none is pending, or not told.</param>
public sealed record DataLagAnswer(DateTimeOffset? LastReceivedAt, DateTimeOffset? LastStartedAt, int? PendingCells, DateTimeOffset? OldestPendingChange);
