using Prometheus;

namespace FinOps.Gateway.Reporting;

/// <summary>What became of a call under a lease. The names are in the metrics, in lower case.</summary>
internal enum LeasedCall : byte
{
    Reserved,
    AwayOpen,
    AwayClosed,
    Downgraded,
    LetThrough,
    Throttled,
    Blocked,
}

/// <summary>What became of a call whose cost no tokens tell before. The names are in the metrics, in lower case.</summary>
internal enum UnmeteredCall : byte
{
    Held,
    Charged,
}

/// <summary>What the gateway counts of leases, in Prometheus' words.</summary>
internal sealed class LeaseCounters
{
    private readonly Counter.Child[] _calls;
    private readonly Counter _waits;
    private readonly Counter _asked;
    private readonly Counter _grantedUsd;
    private readonly Counter _settledUsd;
    private readonly Counter _aboveExpectedUsd;
    private readonly Counter _unpriced;
    private readonly Counter.Child[] _unmetered;
    private readonly Counter _returned;
    private readonly Counter _expired;
    private readonly Counter _dropped;
    private readonly Gauge _heldUsd;
    private readonly Gauge _leftUsd;
    private readonly Gauge _untoldUsd;

    public LeaseCounters(MetricFactory factory)
    {
        var calls = factory.CreateCounter(
            "finops_gateway_lease_calls_total",
            "Calls under a lease: reserved, away_open and away_closed (the control plane was away and no lease was left), downgraded, let_through and throttled (a budget that downgrades lets through what there is nothing cheaper for, and what its warm prompt makes cheaper where it is), blocked.", "outcome");
        _calls = [.. new[] { "reserved", "away_open", "away_closed", "downgraded", "let_through", "throttled", "blocked" }.Select(word => calls.WithLabels(word))];
        _waits = factory.CreateCounter("finops_gateway_lease_waits_total", "Calls that waited for a lease.");
        _asked = factory.CreateCounter("finops_gateway_lease_asked_total", "Leases that were asked for, by answer: granted, refused (nothing is left), none (the control plane is away), no_budget (it knows no such budget).", "answer");
        _grantedUsd = factory.CreateCounter("finops_gateway_lease_granted_usd_total", "What was granted.");
        _settledUsd = factory.CreateCounter("finops_gateway_lease_settled_usd_total", "What calls cost under leases.");
        _aboveExpectedUsd = factory.CreateCounter("finops_gateway_lease_above_expected_usd_total", "What calls cost above what was held back for them.");
        _unpriced = factory.CreateCounter("finops_gateway_lease_unpriced_total", "Attempts without a known price, counted by limits.unpriced_usd_per_million_tokens.");
        var unmetered = factory.CreateCounter(
            "finops_gateway_lease_unmetered_total",
            "Calls whose cost no tokens tell before (images, speech, batches, uploads): held (limits.unmetered_call_usd was held back), charged (and counted so, because the answer told no usage, or seconds without a price).", "stage");
        _unmetered = [.. new[] { "held", "charged" }.Select(word => unmetered.WithLabels(word))];
        _returned = factory.CreateCounter("finops_gateway_lease_returned_total", "Leases that were given back.");
        _expired = factory.CreateCounter("finops_gateway_lease_expired_total", "Leases whose time was over before their money.");
        _dropped = factory.CreateCounter(
            "finops_gateway_lease_words_dropped_total", "Settlements that are given up: unknown (the control plane never granted the lease), no_lease (the policy is gone, and there was none), limit (too many wait), disk.", "reason");
        _heldUsd = factory.CreateGauge("finops_gateway_lease_held_usd", "What calls in flight hold back.");
        _leftUsd = factory.CreateGauge("finops_gateway_lease_left_usd", "What is left of the leases at hand.");
        _untoldUsd = factory.CreateGauge("finops_gateway_lease_untold_usd", "What was spent and is not told yet.");
    }

    public void CountCall(LeasedCall outcome) => _calls[(int)outcome].Inc();

    public void CountWait() => _waits.Inc();

    public void CountAnswer(string answer) => _asked.WithLabels(answer).Inc();

    public void CountGranted(decimal usd) => _grantedUsd.Inc((double)usd);

    public void CountSettled(decimal usd) => _settledUsd.Inc((double)usd);

    public void CountAboveExpected(decimal usd) => _aboveExpectedUsd.Inc((double)usd);

    public void CountUnpriced() => _unpriced.Inc();

    public void CountUnmetered(UnmeteredCall stage) => _unmetered[(int)stage].Inc();

    public void CountReturned() => _returned.Inc();

    public void CountExpired() => _expired.Inc();

    public void CountDropped(string reason) => _dropped.WithLabels(reason).Inc();

    public void Show(decimal heldUsd, decimal leftUsd, decimal untoldUsd)
    {
        _heldUsd.Set((double)heldUsd);
        _leftUsd.Set((double)leftUsd);
        _untoldUsd.Set((double)untoldUsd);
    }
}
