namespace FinOps.Analytics.Reratings;

/// <summary>How calls are rated anew. Section <c>FinOps:Rerating</c>.</summary>
public sealed class ReratingOptions
{
    public const string Section = "FinOps:Rerating";

    /// <summary>Writes to cells that one slice holds at most, beside its first cell. Default 100,000: what a killed worker does again, and how often progress is told.</summary>
    public int SliceWrites { get; set; } = 100_000;

    /// <summary>Longest range of one re-rating, days. Default 400: the oldest calls that the front door takes.</summary>
    public int MaxRangeDays { get; set; } = 400;

    /// <summary>Seconds for which a worker holds a re-rating without a sign of life. Default 120: a slice has to be done within that time.</summary>
    public int HoldSeconds { get; set; } = 120;

    /// <summary>Times in a row that a worker may give up before the re-rating has failed. Default 5.</summary>
    public int MaxFailures { get; set; } = 5;

    internal bool IsValid => SliceWrites is >= 1 and <= 10_000_000 && MaxRangeDays is >= 1 and <= 3_650 && HoldSeconds is >= 5 and <= 3_600 && MaxFailures is >= 1 and <= 1_000;

    internal const string Problem =
        $"{Section}: {nameof(SliceWrites)} must be 1 to 10,000,000, {nameof(MaxRangeDays)} 1 to 3,650, {nameof(HoldSeconds)} 5 to 3,600, {nameof(MaxFailures)} 1 to 1,000.";
}
