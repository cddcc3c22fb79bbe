namespace FinOps.Domain.Budgets;

/// <summary>What a period hands on to the next one, where the budget rolls over.</summary>
public static class BudgetRollOver
{
    /// <summary>
    /// What the previous period left, at most one amount: a budget that nobody uses does not heap up. What was overspent is not taken from the next period: it was alerted, and a person decides.
    /// </summary>
    /// <param name="budget">As it is now.</param>
    /// <param name="previousAllowance">Its own roll-over among it.</param>
    /// <param name="previousSpent">Of the whole previous period.</param>
    public static decimal Carried(Budget budget, decimal previousAllowance, decimal previousSpent) =>
        budget.RollOver ? Math.Clamp(previousAllowance - previousSpent, 0, budget.Amount) : 0;
}
