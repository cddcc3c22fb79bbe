using FinOps.Domain.Anomalies;

namespace FinOps.Analytics.Anomalies;

/// <summary>How spend is judged hour by hour. Section <c>FinOps:Anomalies</c>.</summary>
public sealed class AnomalyWatchOptions
{
    public const string Section = "FinOps:Anomalies";

    /// <summary>Days whose hours are looked at. Default 42: an hour of the week has a habit after four of them.</summary>
    public int HistoryDays { get; set; } = 42;

    /// <summary>Scopes of each dimension, the dearest of these days; the others are in the sum of all alone. Default 30.</summary>
    public int SeriesPerDimension { get; set; } = 30;

    /// <summary>Hours back to which an incident may have begun and still be told. Default 24: what calls that come late and an outage of the jobs take.</summary>
    public int TellHours { get; set; } = 24;

    /// <summary>From this excess on, USD, an alert is critical. Default 100.</summary>
    public decimal CriticalExcess { get; set; } = 100;

    /// <summary>When an hour is worth telling.</summary>
    public AnomalyLimits Limits { get; set; } = AnomalyLimits.Default;

    internal bool IsValid => HistoryDays is >= 8 and <= 180 && SeriesPerDimension is >= 1 and <= 500 && TellHours is >= 1 and <= 72 && CriticalExcess >= 0
        && Limits is { LeastExcess: >= 0, LeastRise: >= 0, Score: > 0, LargeRise: >= 0, LargeRiseScore: > 0, KnownShare: >= 0, LeastShareOfAll: >= 0 and <= 1, QuietHours: >= 1 and <= 336, JoinHours: >= 0 and <= 24, LeastExplained: >= 0 and <= 1, MaxMoved: >= 1 and <= 10 };

    internal const string Problem = $"{Section}: HistoryDays 8 to 180, SeriesPerDimension 1 to 500, TellHours 1 to 72, CriticalExcess from 0; Limits: LeastExcess, LeastRise, LargeRise and KnownShare from 0, Score and LargeRiseScore above 0, LeastShareOfAll and LeastExplained 0 to 1, "
        + "QuietHours 1 to 336, JoinHours 0 to 24, MaxMoved 1 to 10.";
}
