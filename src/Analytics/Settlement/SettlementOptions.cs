namespace FinOps.Analytics.Settlement;

/// <summary>How settling works, section <c>FinOps:Settlement</c>.</summary>
public sealed class SettlementOptions
{
    public const string Section = "FinOps:Settlement";

    /// <summary>Milliseconds between two looks at what arrived. Default 1,000.</summary>
    public int PollMilliseconds { get; set; } = 1_000;

    /// <summary>
    /// Seconds for which an arrival may stay invisible: rows carry the time at which their insert began. Default 12, more than the longest insert.
    /// </summary>
    public int InFlightSeconds { get; set; } = 12;

    /// <summary>Seconds between two readings of the whole stretch that may still hold arrivals that were invisible before; in between only the newest are read. Default 3.</summary>
    public int SweepSeconds { get; set; } = 3;

    /// <summary>Minutes by which a root report may arrive after the rest of its trace and still be settled with it. Default 60.</summary>
    public int LateParentMinutes { get; set; } = 60;

    /// <summary>Minutes around a span in which the other reports of its trace are looked for; longer spans are known by name. Default 60.</summary>
    public int TraceReachMinutes { get; set; } = 60;

    /// <summary>Arrivals read at once. Default 20,000.</summary>
    public int MaxTouches { get; set; } = 20_000;

    /// <summary>Traces settled together. Default 500.</summary>
    public int MaxTracesPerBatch { get; set; } = 500;

    /// <summary>Reports, and likewise other spans, settled together. A single trace with more is left as it arrived, and counted. Default 200,000.</summary>
    public int MaxSpansPerBatch { get; set; } = 200_000;

    /// <summary>Arrivals remembered so that the overlap of two readings is not settled for nothing. When full, all are forgotten. Default 500,000.</summary>
    public int MaxRemembered { get; set; } = 500_000;

    /// <summary>Seconds between two starts of a tenant's roll-up job by settling; a recurring job catches what this misses. Default 15.</summary>
    public int RollUpEverySeconds { get; set; } = 15;

    /// <summary>Longest pause after a failure, seconds. Default 30.</summary>
    public int MaxRetrySeconds { get; set; } = 30;
}
