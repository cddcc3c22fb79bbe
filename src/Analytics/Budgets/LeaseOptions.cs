namespace FinOps.Analytics.Budgets;

/// <summary>Leases of budgets to gateways. Section <c>FinOps:Leases</c>. What is refused is counted by finops.leases.refused with its reason.</summary>
public sealed class LeaseOptions
{
    public const string Section = "FinOps:Leases";

    /// <summary>Seconds for which a process believes what it was told of a budget's spend. Default 10. What leases spend meanwhile is known from settlements; other spend is seen so much later.</summary>
    public int SpendSeconds { get; set; } = 10;

    /// <summary>Of the time, the most that such questions of one budget may take, as 1 in so many. Default 20: where the answer takes 2 seconds, it is believed for 40.</summary>
    public int SpendShare { get; set; } = 20;

    /// <summary>Minutes for which the last answer stands in while the analytics store is away. Default 60; then leases are refused (reason: spend_unknown).</summary>
    public int LastKnownMinutes { get; set; } = 60;

    /// <summary>Hours after which stored calls are believed to be all there are, and what gateways settled is compared with them no more. Default 26: gateways hold reports back for at most 24.</summary>
    public int SeenHours { get; set; } = 26;

    /// <summary>Dollars. Parts do not get smaller while so much is free. Default 0.01.</summary>
    public decimal SmallestUsd { get; set; } = 0.01m;

    /// <summary>Seconds of one lease, whatever is asked for. Default 3,600.</summary>
    public int LongestSeconds { get; set; } = 3_600;

    /// <summary>Seconds after which a gateway asks again once the end is reached, at most. Default 60.</summary>
    public int AskAgainSeconds { get; set; } = 60;

    /// <summary>Leases of one agent whose time is not over. Default 500; a further one is refused (reason: too_many).</summary>
    public int MaxOpenOfAgent { get; set; } = 500;

    /// <summary>Budgets whose spend a process remembers. Default 10,000; of more the longest known is forgotten. Counter: finops.leases.spends_forgotten.</summary>
    public int MaxRemembered { get; set; } = 10_000;

    /// <summary>Hours for which leases are kept once their time is over, so that a gateway that was away can still settle them. Default 72.</summary>
    public int KeepHours { get; set; } = 72;

    /// <summary>Days for which their sums by the hour are kept. Default 100: a quarter.</summary>
    public int KeepDays { get; set; } = 100;

    internal Domain.Budgets.LeaseTerms Terms => new(SmallestUsd, LongestSeconds, AskAgainSeconds);

    internal bool IsValid => SpendSeconds is >= 1 and <= 600 && SpendShare is >= 1 and <= 1_000 && LastKnownMinutes is >= 1 and <= 1_440 && SeenHours is >= 1 and <= 720 && SmallestUsd is > 0 and <= 1_000
        && LongestSeconds is >= 5 and <= 3_600 && AskAgainSeconds is >= 1 and <= 3_600 && MaxOpenOfAgent is >= 1 and <= 100_000 && MaxRemembered is >= 1 and <= 1_000_000 && KeepHours is >= 26 and <= 8_760 && KeepDays is >= 93 and <= 3_650;

    internal const string Problem = $"{Section}: SpendSeconds 1 to 600, SpendShare 1 to 1,000, LastKnownMinutes 1 to 1,440, SeenHours 1 to 720, SmallestUsd above 0 to 1,000, LongestSeconds 5 to 3,600, AskAgainSeconds 1 to 3,600, "
        + "MaxOpenOfAgent 1 to 100,000, MaxRemembered 1 to 1,000,000, KeepHours 26 to 8,760, KeepDays 93 to 3,650.";
}
