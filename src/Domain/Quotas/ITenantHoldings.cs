using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Quotas;

/// <summary>What a tenant holds in the store of calls, as far as quotas limit it. Throws while the store is away.</summary>
public interface ITenantHoldings
{
    /// <summary>Bytes that the tenant's rows take; null where the store does not tell.</summary>
    Task<long?> StoredBytesAsync(TenantId tenant, CancellationToken cancellationToken);

    /// <summary>The values of one tag that has a quota.</summary>
    IAsyncEnumerable<string> ValuesAsync(TenantId tenant, Tag tag, CancellationToken cancellationToken);
}
