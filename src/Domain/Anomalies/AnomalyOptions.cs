namespace FinOps.Domain.Anomalies;

/// <summary>
/// How a series is watched. The defaults are round numbers; what changing each of them does to the score on NAB is in docs/detection.md.
/// </summary>
public sealed record AnomalyOptions
{
    public static AnomalyOptions Default { get; } = new();

    /// <summary>Points before anything is judged. Default 100.</summary>
    public int WarmUpPoints { get; init; } = 100;

    /// <summary>The score from which a point is an anomaly. Default 4.2: an error larger than any before and three times the usual one, or one of a thousand in a rough stretch.</summary>
    public double Threshold { get; init; } = 4.2;

    /// <summary>After an anomaly began, further ones within this many points belong to it. Default 144: twelve hours of five minutes.</summary>
    public int IncidentPoints { get; init; } = 144;

    /// <summary>Over how many points the level is an average. Default 200.</summary>
    public int LevelPoints { get; init; } = 200;

    /// <summary>Over how many visits the habit of an hour is an average. Default 20.</summary>
    public int SeasonVisits { get; init; } = 20;

    /// <summary>Points of one hour of the week before its habit counts; until then that of the hour of the day. Default 4: a month of series of hours.</summary>
    public int WeekPoints { get; init; } = 4;

    /// <summary>How many past errors say what is usual, the older the less. Default 2,000: a week of five minutes.</summary>
    public int MemoryPoints { get; init; } = 2_000;

    /// <summary>The short stretch whose mean rarity is compared. Default 10.</summary>
    public int ShortPoints { get; init; } = 10;

    /// <summary>The long stretch that it is compared with. Default 3,000.</summary>
    public int LongPoints { get; init; } = 3_000;
}
