using FinOps.Analytics.Settlement;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Spend;

/// <summary>Starts a tenant's roll-up job as soon as it has cells to rebuild, but not more often than every few seconds.</summary>
public sealed class RollUpTrigger(
    ClickHouseStore store, IServiceProvider services, TimeProvider clock, IOptions<SettlementOptions> settling, IOptions<RollUpOptions> rollUps)
{
    private readonly Dictionary<TenantId, long> _lastStarts = [];
    private long _lastLook;

    /// <summary>Called by the settling loop after each round.</summary>
    public async Task PullAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(settling.Value.RollUpEverySeconds);
        if (_lastLook != 0 && clock.GetElapsedTime(_lastLook) < pause) return;
        _lastLook = clock.GetTimestamp();
        foreach (var tenant in await store.QueryAsync(new RebuildCellsTenants((uint)rollUps.Value.QuietSeconds, (uint)rollUps.Value.RecentSeconds), cancellationToken))
        {
            if (_lastStarts.TryGetValue(tenant, out var last) && clock.GetElapsedTime(last) < pause) continue;
            _lastStarts[tenant] = clock.GetTimestamp();
            services.StartSoon<RebuildCells>(job => job.RunAsync(tenant.Value, CancellationToken.None));
        }
    }
}
