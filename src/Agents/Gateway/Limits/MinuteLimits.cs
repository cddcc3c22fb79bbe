using System.Runtime.InteropServices;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Quotas;
using FinOps.Domain.Usage;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Limits;

/// <summary>What calls of each budget policy used in the last minute, by this gateway. A change of the policy's numbers keeps what was used.</summary>
internal sealed class MinuteLimits(GatewayCounters counters, TimeProvider time)
{
    private static readonly TimeSpan Slot = TimeSpan.FromSeconds(1);
    private const int Slots = 60;

    // One for all, shortly held: a call is looked at and counted in all of its budgets or in none.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the call may go, and what is done to it if not. What goes is counted as a request in the same step, so that a limit of requests is never passed; tokens and money when they are known, so that a limit of these is passed by at most the calls that are in flight.
    /// </summary>
    public LimitDecision Admit(in AppliedPolicies applied, RequestOperation operation, PolicyTrace trace)
    {
        if (applied.BudgetCount == 0) return default;
        if (applied.BudgetsLeftOut > 0) counters.CountBudgetsLeftOut(applied.BudgetsLeftOut);
        lock (_gate) return Admit_NeedsLock(in applied, operation, trace);
    }

    private LimitDecision Admit_NeedsLock(in AppliedPolicies applied, RequestOperation operation, PolicyTrace trace)
    {
        PolicyTarget? downgrade = null;
        CompiledPolicy? refuses = null;
        for (var i = 0; i < applied.BudgetCount; i++)
        {
            var policy = applied.Budget(i);
            var limit = (BudgetLimit)policy.Policy.Body;
            var over = limit.Kill || Window_NeedsLock(policy).IsOver(limit);
            if (over && !policy.Policy.DryRun)
            {
                if (limit.DowngradeTo is null) refuses ??= policy;
                else if (policy.Downgrades(operation)) downgrade ??= limit.DowngradeTo;
            }

            trace.Add(policy, Arm.Treatment, over ? EffectBeyond(policy, limit, operation) : policy.Policy.DryRun && limit.Lease is not null ? PolicyEffect.Unknown : PolicyEffect.Unchanged);
        }

        if (refuses is not null) return new LimitDecision(refuses, null);
        for (var i = 0; i < applied.BudgetCount; i++) Window_NeedsLock(applied.Budget(i)).CountRequest();
        return new LimitDecision(null, downgrade);
    }

    /// <summary>A call that there is nothing cheaper for goes as it is.</summary>
    private static PolicyEffect EffectBeyond(CompiledPolicy policy, BudgetLimit limit, RequestOperation operation) =>
        limit.DowngradeTo is null ? PolicyEffect.Refused : policy.Downgrades(operation) ? PolicyEffect.Routed : PolicyEffect.Unchanged;

    /// <summary>What the call turned out to have used.</summary>
    public void Settle(in AppliedPolicies applied, in UsageVector usage, decimal? cost)
    {
        lock (_gate)
        {
            for (var i = 0; i < applied.BudgetCount; i++) Window_NeedsLock(applied.Budget(i)).Count(usage.InputTotal + usage.OutputTotal, (double)(cost ?? 0));
        }
    }

    private Window Window_NeedsLock(CompiledPolicy policy) => CollectionsMarshal.GetValueRefOrAddDefault(_windows, policy.Policy.Id, out _) ??= new Window(time);

    /// <summary>The caller locks.</summary>
    private sealed class Window(TimeProvider time)
    {
        private readonly SlidingSum _requests = new(time, Slot, Slots);
        private readonly SlidingSum _tokens = new(time, Slot, Slots);
        private readonly SlidingSum _usd = new(time, Slot, Slots);

        public bool IsOver(BudgetLimit limit) =>
            (limit.RequestsPerMinute is { } requests && _requests.Sum() >= requests) || (limit.TokensPerMinute is { } tokens && _tokens.Sum() >= tokens)
            || (limit.UsdPerMinute is { } usd && _usd.Sum() >= (double)usd);

        public void CountRequest() => _requests.Add(1);

        public void Count(ulong tokens, double usd)
        {
            _tokens.Add(tokens);
            _usd.Add(usd);
        }
    }
}

/// <param name="Refuses">The policy that does not let the call go; null: it goes.</param>
/// <param name="DowngradeTo">Where it goes instead; null: where it would.</param>
internal readonly record struct LimitDecision(CompiledPolicy? Refuses, PolicyTarget? DowngradeTo)
{
    public BudgetAction Action => Refuses is null ? BudgetAction.Notify : ((BudgetLimit)Refuses.Policy.Body).Action;
}
