namespace FinOps.Domain.Budgets;

/// <summary>What a budget's calls cost in a stretch of time, in the budget's currency.</summary>
/// <param name="Cost">Of the calls that were seen and have a price.</param>
/// <param name="LeftOut">The estimate of what sampling left out of it; 0 where nothing was sampled. It counts against nothing and is told beside (docs/adr/0023).</param>
/// <param name="UnpricedCalls">Calls whose cost is unknown.</param>
public readonly record struct BudgetSpend(decimal Cost, decimal LeftOut = 0, long UnpricedCalls = 0)
{
    public static BudgetSpend operator +(BudgetSpend a, BudgetSpend b) => new(a.Cost + b.Cost, a.LeftOut + b.LeftOut, a.UnpricedCalls + b.UnpricedCalls);

    /// <summary>What counts against the budget.</summary>
    public decimal Counted(Budget budget) => Cost + UnpricedCalls * (budget.CeilingPerUnpricedCall ?? 0);
}
