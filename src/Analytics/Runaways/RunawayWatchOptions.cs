using FinOps.Domain.Runaway;

namespace FinOps.Analytics.Runaways;

/// <summary>How calls are watched for what runs away. Section <c>FinOps:Runaway</c>.</summary>
public sealed class RunawayWatchOptions
{
    public const string Section = "FinOps:Runaway";

    /// <summary>Seconds between two looks at what arrived. Default 10.</summary>
    public int PollSeconds { get; set; } = 10;

    /// <summary>Seconds for which an arrival may stay invisible or unsettled: nothing younger is read. Default 12, more than the longest insert.</summary>
    public int InFlightSeconds { get; set; } = 12;

    /// <summary>Calls of one tenant that are read in one turn, the latest; those beyond are counted in <c>finops.runaway.skipped</c>. Default 50,000.</summary>
    public int MaxCallsPerTurn { get; set; } = 50_000;

    /// <summary>Minutes by which a call may begin before it arrives and still be looked at; what is older is history, and counted in <c>finops.runaway.old</c>. Default 60.</summary>
    public int MaxAgeMinutes { get; set; } = 60;

    /// <summary>Calls of one tenant that are known to have been seen, so that settling or rating one anew does not count it twice. Default 100,000, at most 10 MB.</summary>
    public int MaxRemembered { get; set; } = 100_000;

    /// <summary>Features, users and projects of one tenant whose habits are known by name, the dearest; the others are held to those of the last of them. Default 1,000 each.</summary>
    public int MaxHabits { get; set; } = 1_000;

    /// <summary>Alerts of one tenant and turn; more are counted in <c>finops.runaway.not_told</c>. Default 20.</summary>
    public int MaxAlertsPerTurn { get; set; } = 20;

    /// <summary>From this cost of an hour on, USD, an alert is critical. Default 10.</summary>
    public decimal CriticalCostPerHour { get; set; } = 10;

    /// <summary>Longest pause after a failure, seconds. Default 30.</summary>
    public int MaxRetrySeconds { get; set; } = 30;

    /// <summary>From when on calls are called runaway.</summary>
    public RunawayOptions Limits { get; set; } = RunawayOptions.Default;

    internal bool IsValid => PollSeconds is >= 1 and <= 60 && InFlightSeconds is >= 11 and <= 60 && MaxCallsPerTurn is >= 100 and <= 1_000_000 && MaxAgeMinutes is >= 10 and <= 1_440
        && MaxRemembered >= 1_000 && MaxHabits is >= 1 and <= 100_000 && MaxAlertsPerTurn is >= 1 and <= 1_000 && CriticalCostPerHour >= 0 && MaxRetrySeconds >= 1
        && Limits is { MaxScopes: >= 4, LeastCostPerHour: >= 0 };

    internal const string Problem = $"{Section}: PollSeconds 1 to 60, InFlightSeconds 11 to 60, MaxCallsPerTurn 100 to 1,000,000, MaxAgeMinutes 10 to 1,440, MaxRemembered from 1,000, MaxHabits 1 to 100,000, "
        + "MaxAlertsPerTurn 1 to 1,000, CriticalCostPerHour from 0, MaxRetrySeconds from 1, Limits:MaxScopes from 4, Limits:LeastCostPerHour from 0.";
}
