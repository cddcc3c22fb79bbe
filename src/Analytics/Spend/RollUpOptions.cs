namespace FinOps.Analytics.Spend;

/// <summary>How roll-ups are rebuilt, section <c>FinOps:RollUps</c>.</summary>
public sealed class RollUpOptions
{
    public const string Section = "FinOps:RollUps";

    /// <summary>
    /// Seconds for which nothing may have been written to a cell before it is rebuilt. Default 20, more than the longest insert: then every row that
    /// the cell's count knows is visible. Until then questions read the cell's raw rows.
    /// </summary>
    public int QuietSeconds { get; set; } = 20;

    /// <summary>Cells rebuilt by one statement. Default 192, two days.</summary>
    public int MaxCellsPerBatch { get; set; } = 192;

    /// <summary>Writes to the cells that one statement rebuilds, as far as one cell alone does not have more. Default 500,000.</summary>
    public long MaxChangesPerBatch { get; set; } = 500_000;

    /// <summary>Cells of a tenant rebuilt by one run of the job; the next run does the rest. Default 3,000, a month.</summary>
    public int MaxCellsPerRun { get; set; } = 3_000;

    /// <summary>Days of a tenant summed up by one run of the job; the next run does the rest. Default 400.</summary>
    public int MaxDaysPerRun { get; set; } = 400;

    /// <summary>Seconds that the frequent look for cells to rebuild goes back; older ones are found by the look at everything, every minute. Default 600.</summary>
    public int RecentSeconds { get; set; } = 600;

    /// <summary>Minutes for which a replaced roll-up is kept, for questions that are still reading it. Default 10.</summary>
    public int KeepOldMinutes { get; set; } = 10;

    /// <summary>Replaced cells removed at once. Default 20,000.</summary>
    public int MaxRemoved { get; set; } = 20_000;
}
