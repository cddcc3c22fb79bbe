using FinOps.Analytics.Installation;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Quotas;

/// <summary>What a tenant holds, from ClickHouse. No tenant's quota pays for the looks.</summary>
internal sealed class TenantHoldings(ClickHouseStore store, StoredBytesReader stored, IOptions<QuotaOptions> options, TimeProvider clock) : ITenantHoldings
{
    /// <summary>Values of one tag that are read. Default 1,000,000: more than any quota by default.</summary>
    private const long MaxValues = 1_000_000;

    public Task<long?> StoredBytesAsync(TenantId tenant, CancellationToken cancellationToken) => stored.AskAsync(tenant, cancellationToken);

    public IAsyncEnumerable<string> ValuesAsync(TenantId tenant, Tag tag, CancellationToken cancellationToken)
    {
        if (QuotaTable.OfTag(tag) is null) throw new ArgumentOutOfRangeException(nameof(tag), tag, "It has no quota.");
        var now = clock.GetUtcNow();
        return store.StreamAsync(new KnownValues(tenant, tag, now.AddDays(-options.Value.KnownValuesDays), now, MaxValues), cancellationToken);
    }
}
