using FinOps.Domain.Budgets;

namespace FinOps.Domain.Policies;

/// <summary>What becomes of calls once the control plane has been away for longer than the leases hold.</summary>
public enum AwayMode : byte
{
    /// <summary>They go through.</summary>
    Open,

    /// <summary>They are refused.</summary>
    Closed,
}

/// <summary>
/// What calls may use: by the minute, and of a budget that the control plane leases in parts. All that match a call hold, not only the most specific one; a budget has no holdout, for what it leaves out it would not bound.
/// </summary>
public sealed record BudgetLimit : PolicyBody
{
    /// <summary>Requests or tokens a minute. Default 1 billion.</summary>
    public const long MostPerMinute = 1_000_000_000;

    /// <summary>Dollars a minute, and of one lease. Default 1 million.</summary>
    public const decimal MostUsd = 1_000_000;

    public override PolicyKind Kind => PolicyKind.Budget;

    /// <summary><see cref="BudgetAction.Downgrade"/>, <see cref="BudgetAction.Throttle"/> or <see cref="BudgetAction.Block"/>: what is done to calls above a limit.</summary>
    public required BudgetAction Action { get; init; }

    /// <summary>Null: not limited.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Input and output together. Null: not limited.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Null: not limited.</summary>
    public decimal? UsdPerMinute { get; init; }

    /// <summary>Null: no budget of the control plane is drawn on.</summary>
    public BudgetLease? Lease { get; init; }

    /// <summary>Where calls go instead; only, and always, with <see cref="BudgetAction.Downgrade"/>.</summary>
    public PolicyTarget? DowngradeTo { get; init; }

    /// <summary>How many calls still go through once the lease is spent; only with <see cref="BudgetAction.Throttle"/>. Default 6.</summary>
    public long ThrottledRequestsPerMinute { get; init; } = 6;

    /// <summary>The kill switch: no call that matches goes through, whatever is left.</summary>
    public bool Kill { get; init; }

    public override IEnumerable<PolicyTarget> Targets => DowngradeTo is { } target ? [target] : [];
}

/// <summary>Money that one gateway may spend before it asks again. All gateways together overshoot a budget by at most the sum of their leases.</summary>
/// <param name="BudgetId">The id of the budget in the control plane.</param>
/// <param name="Usd">Of one lease, above 0.</param>
public sealed record BudgetLease(string BudgetId, decimal Usd)
{
    /// <summary>Of the shortest lease. Default 5.</summary>
    public const int MinSeconds = 5;

    /// <summary>Default an hour.</summary>
    public const int MaxSeconds = 3_600;

    /// <summary>Default a day.</summary>
    public const int MaxAwaySeconds = 86_400;

    /// <summary>After which it is given back, or taken back. <see cref="MinSeconds"/> to <see cref="MaxSeconds"/>, default 60.</summary>
    public int Seconds { get; init; } = 60;

    /// <summary>How long the last known lease holds while the control plane is away. 0 to <see cref="MaxAwaySeconds"/>, default 900.</summary>
    public int AwaySeconds { get; init; } = 900;

    /// <summary>What comes after. Default <see cref="AwayMode.Open"/>.</summary>
    public AwayMode WhenAway { get; init; } = AwayMode.Open;
}
