namespace FinOps.Domain.Budgets;

/// <summary>Spend of a part of a period, for example of one of its days.</summary>
public readonly record struct BudgetStretch(DateTimeOffset Start, DateTimeOffset End, BudgetSpend Spend);

/// <summary>When a threshold would have been passed.</summary>
/// <param name="Threshold">Which.</param>
/// <param name="At">The start of the stretch in which it was; null = never.</param>
public readonly record struct PreviewedAlert(BudgetThreshold Threshold, DateTimeOffset? At);

/// <summary>What a budget would have done in a period that is over.</summary>
/// <param name="Period">Which.</param>
/// <param name="Spent">In all of it.</param>
/// <param name="Spend">The same, taken apart.</param>
/// <param name="Alerts">One for each threshold, in their order.</param>
public sealed record BudgetPreview(BudgetPeriod Period, decimal Spent, BudgetSpend Spend, IReadOnlyList<PreviewedAlert> Alerts)
{
    /// <param name="budget">As it would be; nothing is carried from before.</param>
    /// <param name="period">A period that is over.</param>
    /// <param name="stretches">Ascending. Those without spend may be missing, but where a threshold is of the forecast: it falls while nothing is spent.</param>
    public static BudgetPreview Of(Budget budget, BudgetPeriod period, IReadOnlyList<BudgetStretch> stretches)
    {
        var passed = new DateTimeOffset?[budget.Thresholds.Count];
        var spend = default(BudgetSpend);
        foreach (var stretch in stretches)
        {
            spend += stretch.Spend;
            var evaluation = BudgetEvaluation.Of(budget, period, spend, 0, stretch.End);
            for (var i = 0; i < passed.Length; i++)
                if (passed[i] is null && evaluation.Passes(budget.Thresholds[i])) passed[i] = stretch.Start;
        }

        return new BudgetPreview(period, spend.Counted(budget), spend, [.. budget.Thresholds.Select((threshold, i) => new PreviewedAlert(threshold, passed[i]))]);
    }
}
