using System.Collections.Concurrent;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Leases;

/// <summary>The accounts of all policies that draw on a budget of the control plane, and the way of a call through them.</summary>
internal sealed class LeaseBook(ExpectedCost expected, TimeSpan mostWait, LeaseCounters counters, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, LeaseAccount> _open = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly Lock _gate = new();
    private readonly List<LeaseAccount> _closing = [];
    private readonly Dictionary<(string PolicyId, string BudgetId), (decimal Usd, long Calls)> _debts = [];
    private PolicySnapshot? _obeyed;
    private bool _hasNew;

    /// <summary>
    /// Holds back what the call will probably cost, of every lease that bounds it; where there is too little, the policy's action says what is done. It waits only where no money is at hand and a lease may still come, at most
    /// <c>limits.lease_wait_ms</c> for each policy. Null: no lease bounds it. A policy on trial reserves nothing: its money would be missing elsewhere.
    /// </summary>
    public async ValueTask<LeaseHold?> ReserveAsync(GatewayCall call, CancellationToken cancellationToken)
    {
        LeaseHold? hold = null;
        for (var i = 0; i < call.Applied.BudgetCount; i++)
        {
            var policy = call.Applied.Budget(i);
            if (policy.Policy.DryRun || policy.Policy.Body is not BudgetLimit { Lease: not null } limit) continue;
            hold ??= new LeaseHold(expected, ExpectedCost.Choices(call));
            try
            {
                var account = AccountOf(policy.Policy.Id, limit);
                var usd = expected.Of(call, account.Outputs);
                var outcome = account.TryHold(usd, out var answer);
                if (outcome is HoldOutcome.Wait or HoldOutcome.Closed) (account, outcome) = await WaitAsync(account, outcome, usd, answer, policy.Policy.Id, limit, cancellationToken);
                Decide(call, hold, policy, account, outcome, usd);
            }
            catch
            {
                hold.Dispose();
                throw;
            }

            if (hold.Refusal is not null) break;
        }

        return hold;
    }

    private async ValueTask<(LeaseAccount Account, HoldOutcome Outcome)> WaitAsync(
        LeaseAccount account, HoldOutcome outcome, decimal usd, Task answer, string policyId, BudgetLimit limit, CancellationToken cancellationToken)
    {
        counters.CountWait();
        var began = time.GetTimestamp();
        while (true)
        {
            if (outcome == HoldOutcome.Wait)
            {
                var left = mostWait - time.GetElapsedTime(began);
                try
                {
                    // Whoever does not answer within the time is away, for this call.
                    if (left <= TimeSpan.Zero) return (account, HoldOutcome.Away);
                    await answer.WaitAsync(left, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                finally
                {
                    account.Leave(usd);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
            else if (outcome != HoldOutcome.Closed)
            {
                return (account, outcome);
            }

            account = AccountOf(policyId, limit);
            outcome = account.TryHold(usd, out answer);
        }
    }

    private void Decide(GatewayCall call, LeaseHold hold, CompiledPolicy policy, LeaseAccount account, HoldOutcome outcome, decimal usd)
    {
        var limit = account.Limit;
        var name = policy.Policy.Name;
        switch (outcome)
        {
            case HoldOutcome.Held:
                hold.Hold(account, usd);
                counters.CountCall(LeasedCall.Reserved);
                if (call.IsUnmetered) counters.CountUnmetered(UnmeteredCall.Held);
                break;
            case HoldOutcome.Away when limit.Lease!.WhenAway == AwayMode.Open:
                LetGo(PolicyEffect.Away, LeasedCall.AwayOpen);
                break;
            case HoldOutcome.Away:
                Refuse(Refusal.Away(name), LeasedCall.AwayClosed);
                break;
            case HoldOutcome.Spent when limit.Action == BudgetAction.Downgrade && !policy.Downgrades(call.RequestOperation):
                // There is nothing cheaper to send that to.
                LetGo(PolicyEffect.Unchanged, LeasedCall.LetThrough);
                break;
            case HoldOutcome.Spent when limit.Action == BudgetAction.Downgrade:
                hold.SendCheaper(policy);
                LetGo(PolicyEffect.Routed, null);
                break;
            case HoldOutcome.Spent when limit.Action == BudgetAction.Throttle && account.TryLetThrough():
                LetGo(PolicyEffect.Throttled, LeasedCall.LetThrough);
                break;
            case HoldOutcome.Spent when limit.Action == BudgetAction.Throttle:
                Refuse(Refusal.Throttled(name), LeasedCall.Throttled);
                break;
            default:
                Refuse(Refusal.TooLittle(name, usd, call.IsUnmetered), LeasedCall.Blocked);
                break;
        }

        void LetGo(PolicyEffect effect, LeasedCall? counted)
        {
            account.Enter();
            hold.Hold(account, 0);
            call.Trace.Set(policy, effect);
            if (counted is { } known) counters.CountCall(known);
        }

        void Refuse(Refusal refusal, LeasedCall counted)
        {
            hold.Refuse(refusal);
            call.Trace.Set(policy, PolicyEffect.Refused);
            counters.CountCall(counted);
        }
    }

    /// <summary>Of a call that <see cref="LeaseHold.Downgrade"/> was told for, once it is known whether it went: it stays where its prompt is warm, or where the policy leads nowhere.</summary>
    public void CountDowngrade(GatewayCall call, CompiledPolicy policy) => counters.CountCall(call.Trace.Is(policy, PolicyEffect.Routed) ? LeasedCall.Downgraded : LeasedCall.LetThrough);

    /// <summary>Opened by the first call that needs it: a gateway that nobody asks holds nobody's money.</summary>
    private LeaseAccount AccountOf(string policyId, BudgetLimit limit)
    {
        if (_open.TryGetValue(policyId, out var account)) return account;
        lock (_gate)
        {
            if (_open.TryGetValue(policyId, out account)) return account;
            account = new LeaseAccount(policyId, limit, mostWait, Want, counters, time);
            if (_debts.Remove((policyId, limit.Lease!.BudgetId), out var debt)) account.Owe(debt.Usd, debt.Calls);
            _open[policyId] = account;
            Volatile.Write(ref _hasNew, true);
            return account;
        }
    }

    private void Want() => _wanted.Release();

    public bool IsEmpty => _open.IsEmpty && _closing.Count == 0;

    /// <summary>Until an account wants something, or the time has passed.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellationToken) => _wanted.WaitAsync(most, cancellationToken);

    /// <summary>Accounts of policies that are gone, or say something else, are closed.</summary>
    public void Obey(PolicySnapshot snapshot)
    {
        // An account that was just opened may be of a call that began with the policies before.
        if (!Interlocked.Exchange(ref _hasNew, false) && ReferenceEquals(_obeyed, snapshot)) return;
        _obeyed = snapshot;
        var limits = snapshot.Policies.Where(policy => policy.Kind == PolicyKind.Budget && !policy.Policy.DryRun).ToDictionary(policy => policy.Policy.Id, policy => policy.Policy.Body, StringComparer.Ordinal);
        foreach (var (id, account) in _open)
        {
            if (limits.GetValueOrDefault(id) is { } body && body.Equals(account.Limit)) continue;
            lock (_gate)
            {
                _closing.Add(account);
                _open.TryRemove(id, out _);
            }

            account.Close();
        }
    }

    /// <summary>Those that hold or ask, and those that only wait for their last calls.</summary>
    public List<LeaseAccount> All()
    {
        lock (_gate)
        {
            foreach (var done in _closing.Where(account => account.IsDone && account.Debt != default)) counters.CountDropped("no_lease");
            _closing.RemoveAll(account => account.IsDone);
            return [.. _open.Values, .. _closing];
        }
    }

    /// <summary>What was spent without a lease before the restart.</summary>
    public void Owe(string policyId, string budgetId, decimal usd, long calls)
    {
        lock (_gate) _debts[(policyId, budgetId)] = (usd, calls);
    }

    /// <summary>What was spent without a lease.</summary>
    public List<(string PolicyId, string BudgetId, decimal Usd, long Calls)> Debts()
    {
        lock (_gate)
        {
            return [.. _debts.Select(debt => (debt.Key.PolicyId, debt.Key.BudgetId, debt.Value.Usd, debt.Value.Calls)), .. _open.Values
                .Where(account => account.Debt != default).Select(account => (account.PolicyId, account.Limit.Lease!.BudgetId, account.Debt.Usd, account.Debt.Calls))];
        }
    }
}
