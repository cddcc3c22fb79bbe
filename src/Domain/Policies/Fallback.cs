namespace FinOps.Domain.Policies;

/// <summary>Why an attempt failed, as far as it decides what comes next. What the client did wrong (400, 401, 403, 404, 413, 422) is none: it is passed on.</summary>
public enum FailureClass : byte
{
    /// <summary>429 that is no bill's, 503 <c>slow_down</c> or overloaded, 529.</summary>
    Throttled,

    /// <summary>No money or no quota left at the provider: waiting does not help.</summary>
    Money,

    /// <summary>408, 409, 500, 502, 504, no connection.</summary>
    Transient,

    /// <summary>No first token, or no further one, in time.</summary>
    Timeout,

    /// <summary>The answer is not of the structure that was asked for.</summary>
    InvalidOutput,
}

/// <summary>Who answers when the first does not: the targets in order, each once. The chain is taken whole; policies are not looked up again on the way.</summary>
/// <param name="On">After which failures; at least one.</param>
/// <param name="Chain">1 to <see cref="MaxTargets"/>, after the request's own target.</param>
public sealed record Fallback(IReadOnlyList<FailureClass> On, IReadOnlyList<PolicyTarget> Chain) : PolicyBody
{
    /// <summary>Default 8.</summary>
    public const int MaxTargets = 8;

    /// <summary>Default 5.</summary>
    public const int MostRetries = 5;

    public override PolicyKind Kind => PolicyKind.Fallback;

    /// <summary>Further attempts at one target before the next is taken, after what is throttled or transient. 0 to <see cref="MostRetries"/>, default 1.</summary>
    public int Retries { get; init; } = 1;

    public override IEnumerable<PolicyTarget> Targets => Chain;
}
