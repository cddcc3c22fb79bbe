using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Leases;

/// <summary>
/// What a call holds back of the leases that bound it, from before it goes until its end. One owner, the call's request, which disposes it whatever becomes of the call: what is held then is free again.
/// Each attempt is charged when it ends, a second one as well as the first; a call that costs nothing charges nothing.
/// </summary>
/// <param name="prices">What a call of unknown cost counts.</param>
/// <param name="choices">How many answers the call asks for.</param>
internal sealed class LeaseHold(ExpectedCost prices, uint choices) : IDisposable
{
    private HeldPart? _first;

    /// <summary>Why the call does not go; null: it goes.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The policy that sends it to a cheaper model; null: it goes where it would.</summary>
    public CompiledPolicy? Downgrade { get; private set; }

    public void Hold(LeaseAccount account, decimal usd) => _first = new HeldPart(account, usd, _first);

    public void Refuse(Refusal refusal) => Refusal = refusal;

    /// <summary>Of several policies the first one names the target.</summary>
    public void SendCheaper(CompiledPolicy policy) => Downgrade ??= policy;

    /// <summary>What an attempt turned out to have cost. One that told no usage, and of which nothing came, costs what its report says: nothing.</summary>
    public void Charge(Attempt attempt)
    {
        if (attempt.IsCacheHit || attempt.UsageSource == UsageSource.Missing) return;
        var tokens = attempt.Usage.InputTotal + attempt.Usage.OutputTotal;
        // Seconds of sound without a price are no tokens, and not free either.
        var cost = attempt.Cost ?? (tokens == 0 && attempt.Operation == Operation.Other ? prices.Untold() : prices.Unpriced(tokens));
        for (var part = _first; part is not null; part = part.Next)
        {
            part.Account.Charge(part, cost);
            if (attempt.Error.Length == 0) part.Account.Outputs.Learn(attempt.AskedModel, (long)((attempt.Usage.OutputTotal + choices - 1) / choices));
        }
    }

    /// <summary>
    /// An attempt of a call that no tokens tell the cost of, and whose answer tells no usage: it counts as much as was expected of it. What failed counts nothing; what nobody waited for to its end may have been made.
    /// </summary>
    public void ChargeUntold(Attempt attempt)
    {
        if (_first is null || attempt is not ({ Status: >= 200 and < 300 } or { Status: 0, Error: AskProviders.CallerLeft or AskProviders.TimedOut })) return;
        var cost = prices.Untold();
        for (var part = _first; part is not null; part = part.Next) part.Account.Charge(part, cost);
    }

    /// <summary>An answer that is made in the background costs what was expected of it, until it is known; what came of it already, if that is more.</summary>
    public void ChargeExpected(Attempt attempt, GatewayCall call)
    {
        for (var part = _first; part is not null; part = part.Next) part.Account.Charge(part, Math.Max(attempt.Cost ?? 0, prices.Of(call, part.Account.Outputs)));
    }

    public void Dispose()
    {
        for (var part = _first; part is not null; part = part.Next) part.Account.Release(part);
    }
}
