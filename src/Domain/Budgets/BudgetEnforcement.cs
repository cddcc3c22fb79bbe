using FinOps.Domain.Policies;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Budgets;

/// <summary>How gateways can enforce what a budget asks for. Pure.</summary>
public static class BudgetEnforcement
{
    /// <summary>Of the amount that one lease takes: so much each gateway may overshoot by. Default 1 %.</summary>
    private const decimal LeaseShare = 0.01m;

    /// <summary>What thresholds of what was spent ask of a gateway, the mildest first.</summary>
    public static IReadOnlyList<BudgetAction> Actions(Budget budget) =>
        [.. budget.Thresholds.Where(threshold => threshold is { Basis: ThresholdBasis.Actual, Action: not BudgetAction.Notify }).Select(threshold => threshold.Action).Distinct().Order()];

    /// <summary>Why no gateway can know which calls the budget counts; null: it can.</summary>
    public static string? FindProblem(Budget budget) => FindLeaseProblem(budget) ?? (budget.Scope.Find(ScopeDimension.Project) is null
        ? null : "A gateway does not know projects: whose call it is tells the key with which the server takes the report. Limit the budget to a feature, team or service instead, or write a policy of your own.");

    /// <summary>Why nothing of the budget can be leased; null: it can.</summary>
    public static string? FindLeaseProblem(Budget budget) => budget.Resource switch
    {
        ScopeDimension.GpuPool => "What GPUs cost passes no gateway. Lease a budget of calls.",
        ScopeDimension.VectorDatabase => "What vector databases cost passes no gateway. Lease a budget of calls.",
        _ => null,
    };

    /// <summary>The calls that the budget counts, as a gateway knows them: models as they are asked for, providers by the gateway's names.</summary>
    /// <exception cref="ArgumentException">The budget has a problem (<see cref="FindProblem"/>).</exception>
    public static PolicyMatch Match(Budget budget)
    {
        if (FindProblem(budget) is { } problem) throw new ArgumentException(problem, nameof(budget));
        return budget.Scope.Parts.Count == 0
            ? PolicyMatch.Everything
            : new PolicyMatch
            {
                Features = Values(ScopeDimension.Feature),
                Users = Values(ScopeDimension.User),
                Teams = Values(ScopeDimension.Team),
                Customers = Values(ScopeDimension.Customer),
                Environments = Values(ScopeDimension.Environment),
                Services = Values(ScopeDimension.Service),
                Models = Values(ScopeDimension.Model),
                Providers = Values(ScopeDimension.Provider),
            };

        IReadOnlyList<string> Values(ScopeDimension dimension) => budget.Scope.Find(dimension) ?? [];
    }

    /// <summary>What one lease takes where nobody has said: a hundredth of the amount, from a cent to 100 dollars; of another currency the same number.</summary>
    public static decimal LeaseUsd(Budget budget) => Math.Clamp(decimal.Round(budget.Amount * LeaseShare, 2), 0.01m, 100);
}
