namespace FinOps.Analytics.Deletion;

/// <summary>How tenants and users' data are deleted, section <c>FinOps:Deletion</c>.</summary>
public sealed class DeletionOptions
{
    public const string Section = "FinOps:Deletion";

    /// <summary>Seconds for which a job waits until ClickHouse has removed rows; beyond it the job fails and is tried again. Default 600.</summary>
    public int WaitSeconds { get; set; } = 600;

    /// <summary>Days for which every hour it is looked whether something of a deleted tenant came in late, from a spool for example. Default 30.</summary>
    public int SweepDays { get; set; } = 30;
}
