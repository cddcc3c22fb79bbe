namespace FinOps.Domain.Runaway;

/// <summary>What ran away.</summary>
public enum RunawayKind : byte
{
    /// <summary>The same input again and again, answered, one after the other.</summary>
    Loop = 0,
    /// <summary>A session whose context grows with each call while its answers stay the same.</summary>
    Stuck = 1,
    /// <summary>Failed calls repeated without waiting.</summary>
    RetryStorm = 2,
    /// <summary>Calls far larger than usual.</summary>
    TokenFlood = 3,
    /// <summary>Spend far above that of the same hour of previous weeks.</summary>
    Velocity = 4,
}

/// <summary>Something that goes on in a scope.</summary>
/// <param name="SeenAt">The end of the last call that showed it.</param>
public readonly record struct RunawayMark(RunawayScope Scope, RunawayKind Kind, DateTimeOffset SeenAt);

/// <summary>Told once for each incident, at the call that gave it away.</summary>
/// <param name="At">When that call was done.</param>
/// <param name="Calls">Calls of the scope in the two minutes before.</param>
/// <param name="Cost">What they cost, USD.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="Times">By how much the limit's measure was exceeded or reached: repeats, failures, or times the usual; infinite where nothing is usual yet.</param>
public readonly record struct RunawayAlert(RunawayScope Scope, RunawayKind Kind, DateTimeOffset At, long Calls, decimal Cost, long Tokens, double Times);
