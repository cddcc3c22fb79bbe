namespace FinOps.Domain.Policies;

/// <summary>The same request is answered again from what was kept, at no cost.</summary>
/// <param name="TtlSeconds">How long an answer is kept, 1 to <see cref="MaxTtlSeconds"/>.</param>
public sealed record ExactCache(int TtlSeconds) : PolicyBody
{
    /// <summary>Default 30 days.</summary>
    public const int MaxTtlSeconds = 30 * 86_400;

    /// <summary>Default 64 MiB.</summary>
    public const int MostEntryBytes = 64 << 20;

    public override PolicyKind Kind => PolicyKind.ExactCache;

    /// <summary>Larger answers are not kept. Default 1 MiB.</summary>
    public int MaxEntryBytes { get; init; } = 1 << 20;

    /// <summary>Default: only calls of the same virtual key share answers.</summary>
    public SharingScope Scope { get; init; } = SharingScope.Key;
}

/// <summary>Each text of a list has its vector kept, so that a list with one new text costs one embedding.</summary>
/// <param name="TtlSeconds">How long a vector is kept, 1 to <see cref="MaxTtlSeconds"/>.</param>
public sealed record EmbeddingCache(int TtlSeconds) : PolicyBody
{
    /// <summary>Default 365 days: the vector of a text changes only with its model.</summary>
    public const int MaxTtlSeconds = 365 * 86_400;

    public override PolicyKind Kind => PolicyKind.EmbeddingCache;

    /// <summary>Default: only calls of the same virtual key share vectors.</summary>
    public SharingScope Scope { get; init; } = SharingScope.Key;
}

/// <summary>Equal requests that are in flight at one time are sent once, and all get the answer.</summary>
public sealed record Coalesce : PolicyBody
{
    /// <summary>Default 10,000.</summary>
    public const int MostWaiters = 10_000;

    public override PolicyKind Kind => PolicyKind.Coalesce;

    /// <summary>Default: only calls of the same virtual key wait for one another.</summary>
    public SharingScope Scope { get; init; } = SharingScope.Key;

    /// <summary>Requests that wait for one call, 1 to <see cref="MostWaiters"/>; more are sent themselves. Default 1,000.</summary>
    public int MaxWaiters { get; init; } = 1_000;
}
