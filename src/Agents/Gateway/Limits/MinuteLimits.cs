using System.Collections.Concurrent;
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

    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the call may go, and what is done to it if not. What goes is counted as a request at once; tokens and money when they are known, so that a limit of these is passed by at most the calls that are in flight.
    /// </summary>
    public LimitDecision Admit(in AppliedPolicies applied, RequestOperation operation, PolicyTrace trace)
    {
        if (applied.BudgetsLeftOut > 0) counters.CountBudgetsLeftOut(applied.BudgetsLeftOut);
        PolicyTarget? downgrade = null;
        CompiledPolicy? refuses = null;
        for (var i = 0; i < applied.BudgetCount; i++)
        {
            var policy = applied.Budget(i);
            var limit = (BudgetLimit)policy.Policy.Body;
            var over = limit.Kill || WindowOf(policy).IsOver(limit);
            if (over && !policy.Policy.DryRun)
            {
                if (limit.DowngradeTo is null) refuses ??= policy;
                else if (policy.Downgrades(operation)) downgrade ??= limit.DowngradeTo;
            }

            trace.Add(policy, Arm.Treatment, over ? EffectBeyond(policy, limit, operation) : policy.Policy.DryRun && limit.Lease is not null ? PolicyEffect.Unknown : PolicyEffect.Unchanged);
        }

        if (refuses is not null) return new LimitDecision(refuses, null);
        for (var i = 0; i < applied.BudgetCount; i++) WindowOf(applied.Budget(i)).CountRequest();
        return new LimitDecision(null, downgrade);
    }

    /// <summary>A call that there is nothing cheaper for goes as it is.</summary>
    private static PolicyEffect EffectBeyond(CompiledPolicy policy, BudgetLimit limit, RequestOperation operation) =>
        limit.DowngradeTo is null ? PolicyEffect.Refused : policy.Downgrades(operation) ? PolicyEffect.Routed : PolicyEffect.Unchanged;

    /// <summary>What the call turned out to have used.</summary>
    public void Settle(in AppliedPolicies applied, in UsageVector usage, decimal? cost)
    {
        for (var i = 0; i < applied.BudgetCount; i++) WindowOf(applied.Budget(i)).Count(usage.InputTotal + usage.OutputTotal, (double)(cost ?? 0));
    }

    private Window WindowOf(CompiledPolicy policy) => _windows.GetOrAdd(policy.Policy.Id, static (_, clock) => new Window(clock), time);

    private sealed class Window(TimeProvider time)
    {
        private readonly Lock _gate = new();
        private readonly SlidingSum _requests = new(time, Slot, Slots);
        private readonly SlidingSum _tokens = new(time, Slot, Slots);
        private readonly SlidingSum _usd = new(time, Slot, Slots);

        public bool IsOver(BudgetLimit limit)
        {
            lock (_gate)
            {
                return (limit.RequestsPerMinute is { } requests && _requests.Sum() >= requests) || (limit.TokensPerMinute is { } tokens && _tokens.Sum() >= tokens)
                    || (limit.UsdPerMinute is { } usd && _usd.Sum() >= (double)usd);
            }
        }

        public void CountRequest()
        {
            lock (_gate) _requests.Add(1);
        }

        public void Count(ulong tokens, double usd)
        {
            lock (_gate)
            {
                _tokens.Add(tokens);
                _usd.Add(usd);
            }
        }
    }
}

/// <param name="Refuses">The policy that does not let the call go; null: it goes.</param>
/// <param name="DowngradeTo">Where it goes instead; null: where it would.</param>
internal readonly record struct LimitDecision(CompiledPolicy? Refuses, PolicyTarget? DowngradeTo)
{
    public BudgetAction Action => Refuses is null ? BudgetAction.Notify : ((BudgetLimit)Refuses.Policy.Body).Action;
}
