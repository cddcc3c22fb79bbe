using System.Runtime.CompilerServices;

namespace FinOps.Domain.Policies;

/// <summary>The policies that apply to one request: of each kind the first in order of precedence, of budgets all. Lives on the stack.</summary>
public struct AppliedPolicies
{
    /// <summary>Budgets that hold for one request. Default 16; the first are kept, kill switches before all others, and more are counted in <see cref="BudgetsLeftOut"/>.</summary>
    public const int MaxBudgets = 16;

    internal const int Kinds = (int)PolicyKind.Budget + 1;

    private KindSlots _enforced;
    private KindSlots _tried;
    private BudgetSlots _budgets;

    /// <summary>The policy of a kind that is to be obeyed, whatever its arm says; null where there is none. For budgets see <see cref="Budget"/>.</summary>
    public readonly CompiledPolicy? this[PolicyKind kind] => _enforced[(int)kind];

    public int BudgetCount { get; private set; }

    public int BudgetsLeftOut { get; private set; }

    /// <summary>The policy of a kind that would take its place if it were more than a trial; null where there is none.</summary>
    public readonly CompiledPolicy? DryRun(PolicyKind kind) =>
        _tried[(int)kind] is { } tried && (_enforced[(int)kind] is not { } enforced || tried.Rank < enforced.Rank) ? tried : null;

    /// <summary>In order of precedence, kill switches (<see cref="BudgetLimit.Kill"/>) first and trials (<see cref="Policy.DryRun"/>) last. 0 to <see cref="BudgetCount"/> - 1.</summary>
    public readonly CompiledPolicy Budget(int index) =>
        (uint)index < (uint)BudgetCount ? _budgets[index]! : throw new ArgumentOutOfRangeException(nameof(index));

    internal void Offer(CompiledPolicy policy, in RequestFacts facts)
    {
        if (policy.Kind == PolicyKind.Budget)
        {
            if (policy.Matches(in facts)) Add(policy);
            return;
        }

        ref var slot = ref (policy.Policy.DryRun ? ref _tried[(int)policy.Kind] : ref _enforced[(int)policy.Kind]);
        if ((slot is null || policy.Rank < slot.Rank) && policy.Matches(in facts)) slot = policy;
    }

    private void Add(CompiledPolicy budget)
    {
        var place = BudgetCount;
        while (place > 0 && GoesBefore(budget, _budgets[place - 1]!)) place--;
        if (BudgetCount == MaxBudgets)
        {
            BudgetsLeftOut++;
            if (place == MaxBudgets) return;
        }
        else
        {
            BudgetCount++;
        }

        for (var index = BudgetCount - 1; index > place; index--) _budgets[index] = _budgets[index - 1];
        _budgets[place] = budget;
    }

    private static bool GoesBefore(CompiledPolicy one, CompiledPolicy other) =>
        one.BudgetTurn == other.BudgetTurn ? one.Rank < other.Rank : one.BudgetTurn < other.BudgetTurn;

    [InlineArray(Kinds)]
    private struct KindSlots
    {
        private CompiledPolicy? _first;
    }

    [InlineArray(MaxBudgets)]
    private struct BudgetSlots
    {
        private CompiledPolicy? _first;
    }
}
