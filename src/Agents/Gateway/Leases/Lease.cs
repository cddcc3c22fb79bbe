namespace FinOps.Gateway.Leases;

/// <summary>A part of a budget that this gateway may spend. Its account locks; times are those of the account's own clock, which no change of the date moves.</summary>
/// <param name="id">Of the grant.</param>
/// <param name="usd">What was granted.</param>
/// <param name="endsAt">Counted from when it was asked for, so that it is over here before it is over at the control plane.</param>
/// <param name="renewAt">From then on it is followed by another one, if it is used.</param>
/// <param name="freedAt">By then the control plane has taken back what was left.</param>
internal sealed class Lease(Guid id, decimal usd, TimeSpan renewAt, TimeSpan endsAt, TimeSpan freedAt)
{
    public Guid Id => id;

    public decimal Usd => usd;

    public TimeSpan RenewAt => renewAt;

    public TimeSpan EndsAt => endsAt;

    public TimeSpan FreedAt => freedAt;

    /// <summary>May be above <see cref="Usd"/>, by what calls cost above their expectation.</summary>
    public decimal Spent { get; set; }

    public long Calls { get; set; }

    /// <summary>As the control plane knows it.</summary>
    public decimal ToldUsd { get; set; }

    public long ToldCalls { get; set; }

    /// <summary>When it was told last; null: never.</summary>
    public TimeSpan? ToldAt { get; set; }

    /// <summary>Nothing is taken from it any more, and nothing charged to it: its last word is being told.</summary>
    public bool IsFinal { get; set; }

    /// <summary>That its time is over was counted.</summary>
    public bool IsOver { get; set; }

    /// <summary>What is left of it.</summary>
    public decimal Room => Math.Max(0, usd - Spent);

    public bool IsDirty => Spent != ToldUsd || Calls != ToldCalls;
}
