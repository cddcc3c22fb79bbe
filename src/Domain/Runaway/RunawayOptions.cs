namespace FinOps.Domain.Runaway;

/// <summary>From when on calls are called runaway. Amounts are USD, and what happened within <see cref="Window"/>.</summary>
public sealed record RunawayOptions
{
    public static RunawayOptions Default { get; } = new();

    /// <summary>How far back is looked. Default 2 minutes: whatever is found is found within them.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    /// <summary>Keys, features, users and sessions of one organisation that are watched at once; what comes beyond is counted in <see cref="RunawayDetector.Unwatched"/>. Default 10,000, at most 40 MB.</summary>
    public int MaxScopes { get; init; } = 10_000;

    /// <summary>A scope that was silent for so long is forgotten. Default 10 minutes.</summary>
    public TimeSpan IdleFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>An alert that is seen again within this time after it was last seen is the same one. Default 30 minutes.</summary>
    public TimeSpan IncidentGap { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>What an incident must cost if it went on for an hour. Default 1: less is not worth anybody's time. A retry storm is told whatever it costs, and so is what has calls without a price.</summary>
    public decimal LeastCostPerHour { get; init; } = 1;

    /// <summary>Spend of the window ÷ usual spend of such a stretch, for calls that come to nothing. Default 8.</summary>
    public double VelocityTimes { get; init; } = 8;

    /// <summary>The same for calls that make progress: each asks something new and is answered. Default 50: a batch may be busy.</summary>
    public double BusyTimes { get; init; } = 50;

    /// <summary>Spend below which no velocity is told. Default 2.</summary>
    public decimal VelocityCost { get; init; } = 2;

    /// <summary>The same for calls that make progress. Default 50.</summary>
    public decimal BusyCost { get; init; } = 50;

    /// <summary>The share of calls that ask something new and are answered, from which they make progress. Default 0.7.</summary>
    public double ProgressShare { get; init; } = 0.7;

    /// <summary>Times the same input goes to the same model, one after the other, until it is a loop in a session or of a user. Default 5.</summary>
    public int LoopRepeats { get; init; } = 5;

    /// <summary>The same for a feature or a key, where several people may ask the same. Default 12.</summary>
    public int WideLoopRepeats { get; init; } = 12;

    /// <summary>Calls that ask again must be at least this share of the scope's latest ones. Default 0.5.</summary>
    public double LoopShare { get; init; } = 0.5;

    /// <summary>The same where more calls come than are remembered one by one. Default 0.8.</summary>
    public double FullLoopShare { get; init; } = 0.8;

    /// <summary>Calls of a session, each with more context than the last and with an answer of the same length, until it is stuck. Default 7.</summary>
    public int StuckCalls { get; init; } = 7;

    /// <summary>How far lengths may differ and still be the same. Default 0.1.</summary>
    public double SameLength { get; init; } = 0.1;

    /// <summary>Tokens below which nothing is a flood. Default 500,000.</summary>
    public double FloodTokens { get; init; } = 500_000;

    /// <summary>Tokens of the window ÷ the usual ones. Default 8.</summary>
    public double FloodTimes { get; init; } = 8;

    /// <summary>Tokens of a call ÷ the usual ones, from which many tokens are a flood and not many calls; cost of a call ÷ the usual one, from which they are dearer and not many. Default 4.</summary>
    public double FloodCallTimes { get; init; } = 4;

    /// <summary>Failed calls until they are a storm. Default 20: whoever waits longer after each failure does not reach it.</summary>
    public int StormFailures { get; init; } = 20;

    /// <summary>Failed calls must be at least this share of all. Default 0.5.</summary>
    public double StormShare { get; init; } = 0.5;

    /// <summary>Calls of the window ÷ the usual ones, above which repeated or failed calls are more than a habit. Default 3.</summary>
    public double HabitTimes { get; init; } = 3;
}
