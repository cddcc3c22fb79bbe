namespace FinOps.Gateway.Leases;

/// <summary>What one call holds back of one account. It is changed under the account's lock alone.</summary>
internal sealed class HeldPart(LeaseAccount account, decimal usd, HeldPart? next)
{
    public LeaseAccount Account => account;

    /// <summary>Of the next policy that bounds the call.</summary>
    public HeldPart? Next => next;

    /// <summary>What is still held back.</summary>
    public decimal Usd { get; set; } = usd;

    /// <summary>A provider was asked, so that it counts as a call.</summary>
    public bool IsCharged { get; set; }

    /// <summary>It was given back: that happens once.</summary>
    public bool IsReleased { get; set; }
}
