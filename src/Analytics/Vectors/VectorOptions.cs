namespace FinOps.Analytics.Vectors;

/// <summary>Prices and costs of vector databases and buckets, section <c>FinOps:Vectors</c>.</summary>
public sealed class VectorOptions
{
    public const string Section = "FinOps:Vectors";

    /// <summary>Prices of a tenant that hold at some time. Default 1,000.</summary>
    public int MaxPrices { get; set; } = 1_000;

    /// <summary>Seconds for which nothing may have been written to a quarter hour before it is rated. Default 20, more than the longest insert.</summary>
    public int QuietSeconds { get; set; } = 20;

    /// <summary>Quarter hours of a tenant rated by one run; the next does the rest, the latest come first. Default 3,000, a month.</summary>
    public int MaxCellsPerRun { get; set; } = 3_000;

    /// <summary>Quarter hours rated at once. Default 96, a day.</summary>
    public int MaxCellsPerBatch { get; set; } = 96;

    /// <summary>Samples and operations read at once, as far as one quarter hour alone does not have more. Default 200,000.</summary>
    public long MaxChangesPerBatch { get; set; } = 200_000;

    /// <summary>Features, teams and customers of one collection in a quarter hour that are told apart; the others are one, called (other). Default 1,000.</summary>
    public int MaxOwnersPerCollection { get; set; } = 1_000;

    /// <summary>Collections, or tiers of buckets, that are told apart in a quarter hour of a tenant; the smallest beyond are one, called (other). Default 5,000.</summary>
    public int MaxParts { get; set; } = 5_000;
}
