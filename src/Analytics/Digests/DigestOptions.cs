namespace FinOps.Analytics.Digests;

/// <summary>Digests by e-mail. Section <c>FinOps:Digests</c>.</summary>
public sealed class DigestOptions
{
    public const string Section = "FinOps:Digests";

    /// <summary>The hour of the morning at which digests are written, in each member's zone. Default 8.</summary>
    public int Hour { get; set; } = 8;

    /// <summary>Digests that one run writes; further ones follow with the next, five minutes later. Default 200. Counter: finops.digests.left_for_later.</summary>
    public int PerRun { get; set; } = 200;

    /// <summary>Seconds after which a member can have another one sent at once. Default 60.</summary>
    public int SecondsBetweenAsked { get; set; } = 60;

    internal bool IsValid => Hour is >= 0 and <= 23 && PerRun is >= 1 and <= 100_000 && SecondsBetweenAsked is >= 0 and <= 86_400;

    internal const string Problem = $"{Section}: Hour 0 to 23, PerRun 1 to 100,000, SecondsBetweenAsked 0 to 86,400.";
}
