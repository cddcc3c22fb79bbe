namespace FinOps.Analytics.Units;

/// <summary>
/// A cost and what it is divided by. Money and units are of the same calls: calls that do not tell the unit (no user, for a cost per user) are left out of both, and it says how many they
/// are and what they cost.
/// </summary>
/// <param name="Cost">USD. For outcomes: of all calls that can lead to one, failed attempts included.</param>
/// <param name="Units">Priced calls, distinct users, sessions or customers, or successes.</param>
/// <param name="LeftOutCalls">Answered calls that are not in <paramref name="Cost"/>: they tell no user, session or customer. For cost per call: calls whose cost is unknown.</param>
/// <param name="LeftOutCost">What those cost, USD.</param>
public readonly record struct UnitFigures(decimal Cost, long Units, long LeftOutCalls = 0, decimal LeftOutCost = 0)
{
    /// <summary>Outcomes that failed.</summary>
    public long Failures { get; init; }

    /// <summary>Of the calls behind outcomes where none of a trace or session was a success, USD.</summary>
    public decimal FailureCost { get; init; }

    /// <summary>Outcomes to which no call was found: they tell neither the trace nor the session of one.</summary>
    public long UnlinkedOutcomes { get; init; }

    /// <summary>USD, 12 decimals; null where there is nothing to divide by.</summary>
    public decimal? PerUnit => Units == 0 ? null : decimal.Round(Cost / Units, 12, MidpointRounding.ToEven);

    /// <summary>Successes among outcomes; null without any.</summary>
    public decimal? SuccessRate => Units + Failures == 0 ? null : Units / (decimal)(Units + Failures);
}

/// <param name="Period">The start of the period, in the offset that its time zone has then; the range's start for a total.</param>
/// <param name="Group">The value of the question's dimension, empty = not told; null where it divides by none.</param>
/// <param name="Figures">The cost and its units.</param>
public sealed record UnitCostRow(DateTimeOffset Period, string? Group, UnitFigures Figures);

/// <param name="Rows">By period, then by cost from the highest. A total without groups always has its one row.</param>
/// <param name="Truncated">There were more rows than the limit.</param>
public sealed record UnitCostAnswer(IReadOnlyList<UnitCostRow> Rows, bool Truncated)
{
    /// <summary>Calls of the range were sampled: costs and counts are those of the calls that were seen. Divided by outcomes that were told elsewhere, they are too low.</summary>
    public bool IsSampled { get; init; }
}

/// <summary>How the cost of single units spreads, by nearest rank.</summary>
/// <param name="Units">How many there are.</param>
/// <param name="Median">Half of them cost no more, USD.</param>
/// <param name="Percentile90">Of ten, nine cost no more.</param>
/// <param name="Percentile99">Of a hundred, ninety-nine cost no more.</param>
/// <param name="Most">The dearest.</param>
public sealed record UnitSpread(long Units, decimal Median, decimal Percentile90, decimal Percentile99, decimal Most);
