namespace FinOps.Domain.Budgets;

/// <summary>What the leases of one policy spent in a stretch of time, told by both sides. US dollars.</summary>
/// <param name="Settled">By the gateways, with their prices.</param>
/// <param name="Seen">By the calls that were stored, with the server's prices.</param>
public readonly record struct LeasedSpend(decimal Settled, decimal Seen)
{
    /// <summary>What gateways settled and no stored call tells yet: it is on its way, or the gateways' prices are the higher ones.</summary>
    public decimal Unseen => Math.Max(0, Settled - Seen);
}

/// <summary>
/// What may still be leased of a budget for one action, in US dollars. Pure. Each dollar counts once: as spend that is stored, or as settled and not stored yet, or as leased and not settled yet (docs/adr/0033).
/// </summary>
/// <param name="End">Where the action begins: the share of the period's allowance.</param>
/// <param name="Spent">Of the period as every page shows it, whoever spent it: with and without a lease.</param>
/// <param name="Unseen">Of all policies that lease the budget (<see cref="LeasedSpend.Unseen"/>).</param>
/// <param name="Outstanding">Leased and not settled, of leases whose time is not over.</param>
public readonly record struct LeaseBooks(decimal End, decimal Spent, decimal Unseen, decimal Outstanding)
{
    /// <summary>Decimals of an amount of money.</summary>
    internal const int Decimals = 12;

    /// <summary>0 or more.</summary>
    public decimal Free => Math.Max(0, End - Spent - Unseen - Outstanding);

    /// <summary>
    /// The percent of the allowance at which an action begins: the lowest of the thresholds of what was spent that ask for it, or 100. What is foretold bounds no call: the forecast moves with every hour.
    /// </summary>
    public static decimal Percent(Budget budget, BudgetAction action) => budget.Thresholds
        .Where(threshold => threshold.Basis == ThresholdBasis.Actual && threshold.Action == action).Select(threshold => (decimal?)threshold.Percent).Min() ?? 100;

    /// <param name="budget">Whose money it is.</param>
    /// <param name="action">Of the policy that leases.</param>
    /// <param name="carried">From the period before, in the budget's currency.</param>
    /// <param name="spent">What counts against the budget in this period, in its currency.</param>
    /// <param name="rate">Units of the budget's currency for one US dollar, today; above 0.</param>
    /// <param name="leased">Of each policy that leases the budget.</param>
    /// <param name="outstanding">US dollars.</param>
    public static LeaseBooks Of(Budget budget, BudgetAction action, decimal carried, decimal spent, decimal rate, IEnumerable<LeasedSpend> leased, decimal outstanding)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        return new LeaseBooks(
            decimal.Round((budget.Amount + carried) * Percent(budget, action) / 100 / rate, Decimals, MidpointRounding.ToNegativeInfinity),
            decimal.Round(spent / rate, Decimals, MidpointRounding.ToPositiveInfinity), leased.Sum(one => one.Unseen), outstanding);
    }
}

/// <summary>How leases are cut.</summary>
/// <param name="SmallestUsd">Parts do not get smaller than this while so much is free; above 0.</param>
/// <param name="LongestSeconds">Of one lease.</param>
/// <param name="AskAgainSeconds">After a refusal, at most.</param>
public readonly record struct LeaseTerms(decimal SmallestUsd, int LongestSeconds, int AskAgainSeconds);

/// <summary>What becomes of a wish for a lease. Pure.</summary>
/// <param name="Usd">Granted; 0: the end is reached.</param>
/// <param name="Seconds">Of the lease, from now on; of a refusal: after which to ask again. At least 1.</param>
/// <param name="ExpiresAt">When it is over: never after the period, so that no lease spends of two. Of a refusal: now.</param>
/// <param name="LeftUsd">Free after it.</param>
public readonly record struct LeaseDecision(decimal Usd, int Seconds, DateTimeOffset ExpiresAt, decimal LeftUsd)
{
    /// <summary>
    /// As much as is wanted, but at most half of what is free, so that near the end many gateways share what is left; parts end at <see cref="LeaseTerms.SmallestUsd"/>, and the last one is all that is left.
    /// </summary>
    /// <param name="books">Of the budget, for the policy's action.</param>
    /// <param name="wantedUsd">Above 0.</param>
    /// <param name="wantedSeconds">Above 0.</param>
    /// <param name="periodEnd">Of the budget; after <paramref name="now"/>.</param>
    /// <param name="now">The present.</param>
    /// <param name="terms">How leases are cut.</param>
    public static LeaseDecision Of(LeaseBooks books, decimal wantedUsd, int wantedSeconds, DateTimeOffset periodEnd, DateTimeOffset now, LeaseTerms terms)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wantedUsd);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wantedSeconds);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(periodEnd, now);
        var left = (int)Math.Clamp(Math.Ceiling((periodEnd - now).TotalSeconds), 1, int.MaxValue);
        var part = Math.Max(books.Free / 2, Math.Min(books.Free, terms.SmallestUsd));
        var usd = decimal.Round(Math.Min(wantedUsd, part), LeaseBooks.Decimals, MidpointRounding.ToNegativeInfinity);
        if (usd <= 0) return new LeaseDecision(0, Math.Min(terms.AskAgainSeconds, left), now, books.Free);
        var seconds = Math.Min(Math.Min(wantedSeconds, terms.LongestSeconds), left);
        var expires = now.AddSeconds(seconds);
        return new LeaseDecision(usd, seconds, expires < periodEnd ? expires : periodEnd, books.Free - usd);
    }
}
