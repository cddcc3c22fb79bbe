using FinOps.Domain.Usage;

namespace FinOps.Domain.Tenancy;

/// <summary>What a key is for.</summary>
public enum KeyKind : byte
{
    /// <summary>Sends telemetry; can read nothing.</summary>
    Ingest = 1,

    /// <summary>Asks the REST API, within its scopes; can send nothing.</summary>
    Api = 2,

    /// <summary>An agent's: sends what it reports; can read nothing of the REST API.</summary>
    Agent = 3,
}

/// <summary>A key as the directory knows it. Revoked and expired ones are told too, so that a refusal can be counted by its reason.</summary>
/// <param name="HashKey">The tenant's secret for content hashes: equal texts of two tenants must not give equal hashes.</param>
public sealed record KeyRecord(
    Guid KeyId,
    KeyKind Kind,
    TenantId Tenant,
    ProjectId Project,
    BoundTags Tags,
    ReadOnlyMemory<byte> HashKey,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt)
{
    /// <summary>Whoever runs the installation has suspended the tenant: the key is good, and opens nothing meanwhile.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>As people know it; for the audit record.</summary>
    public string Name { get; init; } = "";

    /// <summary>Of <see cref="KeyScopes"/>; empty for keys that send.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Whether it may send telemetry.</summary>
    public bool Sends => Kind is KeyKind.Ingest or KeyKind.Agent;
}

/// <summary>The latest use of a key.</summary>
public readonly record struct KeyUse(Guid KeyId, DateTimeOffset UsedAt);

/// <summary>Where keys are looked up by the SHA-256 of their token (UTF-8). Throws while the store is away.</summary>
public interface IKeyDirectory
{
    /// <summary>The key with this hash, or null when there is none.</summary>
    ValueTask<KeyRecord?> FindAsync(ReadOnlyMemory<byte> tokenSha256, CancellationToken cancellationToken);

    /// <summary>Notes when keys were last used; called in batches, at most one entry a key.</summary>
    ValueTask RecordUseAsync(IReadOnlyCollection<KeyUse> uses, CancellationToken cancellationToken);
}
