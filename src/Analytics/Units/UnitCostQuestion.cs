using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Units;

/// <summary>What a cost is divided by.</summary>
public enum CostUnit
{
    /// <summary>Priced calls.</summary>
    Call,

    /// <summary>Distinct users with at least one call.</summary>
    User,

    /// <summary>Distinct sessions with at least one call.</summary>
    Session,

    /// <summary>Distinct customers with at least one call.</summary>
    Customer,

    /// <summary>Successful outcomes of one definition.</summary>
    Outcome,
}

/// <summary>The outcomes that a cost is divided by.</summary>
/// <param name="Name">Of their definition.</param>
/// <param name="Features">The features whose calls can lead to it; empty: all calls.</param>
public sealed record CountedOutcome(string Name, IReadOnlyList<string> Features);

/// <summary>What one unit costs: over a range, by period, by one dimension.</summary>
public sealed record UnitCostQuestion(ReadScope Scope, TimeRange Range, CostUnit Unit)
{
    public const int DefaultLimit = 1_000;

    /// <summary>What outcomes can be filtered and divided by: they have no model, no endpoint and no provider.</summary>
    public static readonly IReadOnlyList<Dimension> OfOutcomes = [Dimension.Feature, Dimension.User, Dimension.Team, Dimension.Customer, Dimension.Session, Dimension.Project];

    /// <summary>What a unit's cost can be divided by.</summary>
    public static readonly IReadOnlyList<Dimension> Groupable = [Dimension.Feature, Dimension.Model, Dimension.Team, Dimension.Customer];

    /// <summary>Which outcomes; for <see cref="CostUnit.Outcome"/> alone.</summary>
    public CountedOutcome? Outcome { get; init; }

    public Granularity Granularity { get; init; } = Granularity.Total;

    /// <summary>Cuts days, weeks and months.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>One of <see cref="Groupable"/>, or null.</summary>
    public Dimension? GroupBy { get; init; }

    public SpendFilter Filter { get; init; } = SpendFilter.None;

    /// <summary>Most rows of an answer; it says when there were more.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>Why it cannot be answered, and what can be done; null where it can.</summary>
    public string? FindProblem()
    {
        if (GroupBy is { } by && !Groupable.Contains(by)) return $"Unit costs are divided by {string.Join(", ", Groupable.Select(one => one.Name()))}, not by {by.Name()}.";
        if (Unit != CostUnit.Outcome) return null;
        if (Outcome is null) return "Say which outcome: the name of a definition.";
        if (GroupBy is { } group && !OfOutcomes.Contains(group)) return $"An outcome has no {group.Name()}: divide by feature, team or customer.";
        return Filter.Conditions.FirstOrDefault(condition => !OfOutcomes.Contains(condition.Dimension)) is { } filter
            ? $"An outcome has no {filter.Dimension.Name()}: remove that filter to see the cost of outcomes."
            : null;
    }
}

/// <summary>How the cost of single units spreads, from the cheapest to the dearest.</summary>
public sealed record UnitSpreadQuestion(ReadScope Scope, TimeRange Range, CostUnit Unit)
{
    /// <summary>Which outcomes; for <see cref="CostUnit.Outcome"/> alone.</summary>
    public CountedOutcome? Outcome { get; init; }

    public SpendFilter Filter { get; init; } = SpendFilter.None;
}
