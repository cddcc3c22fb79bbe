using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Authentication;

/// <summary>Who sends: taken from the key alone, never from an attribute.</summary>
/// <param name="HashKey">The tenant's secret for content hashes.</param>
public sealed record IngestPrincipal(TenantId Tenant, ProjectId Project, Guid KeyId, BoundTags Tags, ReadOnlyMemory<byte> HashKey);
