namespace FinOps.Analytics.Samples;

/// <summary>Samples of prompts and answers. Section <c>FinOps:Samples</c>.</summary>
public sealed class SampleOptions
{
    public const string Section = "FinOps:Samples";

    /// <summary>Seconds after which a project's setting is in force at every door. Default 3.</summary>
    public int RefreshSeconds { get; set; } = 3;
}
