namespace FinOps.Analytics.Gpus;

/// <summary>Prices and costs of GPUs, section <c>FinOps:Gpus</c>.</summary>
public sealed class GpuOptions
{
    public const string Section = "FinOps:Gpus";

    /// <summary>Prices of a tenant that hold at some time. Default 1,000.</summary>
    public int MaxPrices { get; set; } = 1_000;

    /// <summary>Seconds for which nothing may have been written to a quarter hour before it is rated. Default 20, more than the longest insert.</summary>
    public int QuietSeconds { get; set; } = 20;

    /// <summary>Quarter hours of a tenant rated by one run; the next does the rest, the latest come first. Default 3,000, a month.</summary>
    public int MaxCellsPerRun { get; set; } = 3_000;

    /// <summary>Quarter hours rated at once. Default 96, a day.</summary>
    public int MaxCellsPerBatch { get; set; } = 96;

    /// <summary>Samples read at once, as far as one quarter hour alone does not have more. Default 200,000.</summary>
    public long MaxSamplesPerBatch { get; set; } = 200_000;

    /// <summary>Features, teams and customers of one model in a quarter hour that are told apart; the others are one, called (other). Default 1,000.</summary>
    public int MaxOwnersPerModel { get; set; } = 1_000;
}
