using FinOps.Domain.Policies;

namespace FinOps.Analytics.Policies;

/// <summary>Policies, agents and what they are sent. Section <c>FinOps:Policies</c>.</summary>
public sealed class PolicyOptions
{
    public const string Section = "FinOps:Policies";

    /// <summary>Policies of one organisation that are drafted, wait or are active. Default 500; a further one is refused.</summary>
    public int MaxPolicies { get; set; } = 500;

    /// <summary>Agents of one organisation that are not revoked, and tokens that are still open. Default 500 each; a further one is refused.</summary>
    public int MaxAgents { get; set; } = 500;

    /// <summary>Gateway keys of one organisation that are not revoked. Default and most 10,000, as gateways take them; a further one is refused.</summary>
    public int MaxGatewayKeys { get; set; } = PolicyBundleReader.MaxKeys;

    /// <summary>Hours for which an enrolment token opens. Default 24.</summary>
    public int TokenHours { get; set; } = 24;

    /// <summary>Bundles that are kept of one organisation, the latest of them. Default 50.</summary>
    public int KeepBundles { get; set; } = 50;

    /// <summary>Seconds after which a process sees what another one has sent out. Default 1; its own it sees at once.</summary>
    public int RefreshSeconds { get; set; } = 1;

    /// <summary>Agents that wait for a bundle at one process at once. Default 5,000; further ones are answered without a wait. Counter: finops.agents.waits_refused.</summary>
    public int MaxWaiting { get; set; } = 5_000;

    /// <summary>Minutes without a word of an agent after which an alert is raised. Default 15.</summary>
    public int AwayAlertMinutes { get; set; } = 15;

    internal const string Problem = $"{Section}: every number must be 1 or more, MaxGatewayKeys at most 10000, RefreshSeconds at most 60, TokenHours at most 720, and AwayAlertMinutes 2 to 1440.";

    internal bool IsValid =>
        MaxPolicies >= 1 && MaxAgents >= 1 && TokenHours is >= 1 and <= 720 && KeepBundles >= 1 && RefreshSeconds is >= 1 and <= 60 && MaxWaiting >= 1 && MaxGatewayKeys is >= 1 and <= PolicyBundleReader.MaxKeys
        && AwayAlertMinutes is >= 2 and <= 1_440;
}
