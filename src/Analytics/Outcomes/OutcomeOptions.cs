namespace FinOps.Analytics.Outcomes;

/// <summary>Outcomes. Section <c>FinOps:Outcomes</c>.</summary>
public sealed class OutcomeOptions
{
    public const string Section = "FinOps:Outcomes";

    /// <summary>Seconds after which a definition is in force at every door. Default 3.</summary>
    public int RefreshSeconds { get; set; } = 3;
}
