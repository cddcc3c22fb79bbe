namespace FinOps.Domain.Policies;

/// <summary>What a policy does. The names are part of the document, in snake_case; the numbers are not stored.</summary>
public enum PolicyKind : byte
{
    OutputLimit,
    ExactCache,
    EmbeddingCache,
    Coalesce,
    Route,
    Fallback,
    Budget,
}

/// <summary>One rule for the edge: whose calls, in which arm, and what is done to them. docs/policies.md tells every field.</summary>
public sealed record Policy
{
    /// <summary>Characters of an id: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Default 64.</summary>
    public const int MaxIdLength = 64;

    /// <summary>Characters of a name. Default 200.</summary>
    public const int MaxNameLength = 200;

    /// <summary>Priorities are whole numbers from the negative of it to it. Default 1,000.</summary>
    public const int MaxPriority = 1_000;

    /// <summary>Stays the same through all versions. Arms hang on it.</summary>
    public required string Id { get; init; }

    /// <summary>From 1 upward; on every span beside the id.</summary>
    public int Version { get; init; } = 1;

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>A policy that is not enabled is as if it were not there.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>It is only reported what it would have done. It takes no other policy's place.</summary>
    public bool DryRun { get; init; }

    /// <summary>Decides among equally specific ones, the highest first. Default 0.</summary>
    public int Priority { get; init; }

    public required PolicyMatch Match { get; init; }

    /// <summary>Who is treated, and who is left out to compare with.</summary>
    public ArmPlan Arms { get; init; } = ArmPlan.Everyone;

    public required PolicyBody Body { get; init; }

    public PolicyKind Kind => Body.Kind;
}

/// <summary>What a kind of policy does. One sealed record for each <see cref="PolicyKind"/>.</summary>
public abstract record PolicyBody
{
    public abstract PolicyKind Kind { get; }

    /// <summary>Where calls may be sent by it; their protocol must be the request's. Empty for kinds that send nowhere else.</summary>
    public virtual IEnumerable<PolicyTarget> Targets => [];
}

/// <summary>Who shares what is kept: an answer, an embedding, a call in flight.</summary>
public enum SharingScope : byte
{
    /// <summary>Only calls that came with the same virtual key.</summary>
    Key,

    /// <summary>All calls of the tenant.</summary>
    Tenant,
}
