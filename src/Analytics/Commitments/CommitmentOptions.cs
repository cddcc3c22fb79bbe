namespace FinOps.Analytics.Commitments;

/// <summary>Commitments to sellers, section <c>FinOps:Commitments</c>.</summary>
public sealed class CommitmentOptions
{
    public const string Section = "FinOps:Commitments";

    /// <summary>Commitments of a tenant that hold at some time. Default 200.</summary>
    public int MaxCommitments { get; set; } = 200;
}
