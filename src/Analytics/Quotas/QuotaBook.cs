using System.Collections.Frozen;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Quotas;

/// <summary>
/// The limits in force, followed in the background: few tenants have limits of their own, so all of them are one small question every few seconds. While
/// PostgreSQL is away the last known ones go on.
/// </summary>
public sealed class QuotaBook(FinOpsDatabase database, StoresReady ready, IOptions<QuotaOptions> options, TimeProvider clock, ILogger<QuotaBook> logger)
    : FollowStore(ready, TimeSpan.FromSeconds(options.Value.RefreshSeconds), clock), IQuotaSource
{
    /// <summary>Limits of tenants that are read at once. Default 200,000: beyond it the defaults hold, and the log says so.</summary>
    private const int MaxRows = 200_000;

    private readonly TenantLimits _defaults = options.Value.ToLimits();
    private volatile FrozenDictionary<TenantId, TenantLimits> _own = FrozenDictionary<TenantId, TenantLimits>.Empty;

    public TenantLimits Current(TenantId tenant)
    {
        var own = _own;
        return own.Count != 0 && own.TryGetValue(tenant, out var limits) ? limits : _defaults;
    }

    public override Task<bool> RefreshAsync(CancellationToken cancellationToken) => database.RunAsync(StoreScope.Quotas, async context =>
    {
        var rows = await context.TenantQuotas.IgnoreQueryFilters().AsNoTracking().OrderBy(row => row.TenantId).Take(MaxRows).ToListAsync(cancellationToken);
        if (rows.Count == MaxRows) Log.TooManyQuotas(logger, MaxRows);
        _own = rows.GroupBy(row => row.TenantId).ToFrozenDictionary(group => new TenantId(group.Key), group => _defaults.With(TenantQuotas.ToLimits(group)));
        return true;
    }, cancellationToken);

    protected override void TellAway(Exception failure) => Log.QuotasNotRead(logger, failure);
}
