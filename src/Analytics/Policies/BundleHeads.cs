using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Policies;

/// <summary>
/// Which version of its bundle each tenant has, followed in the background, so that agents can wait for another one at any process without asking the database for each of them. One small question a second, of what changed, for all tenants.
/// </summary>
public sealed class BundleHeads(FinOpsDatabase database, StoresReady ready, IOptions<PolicyOptions> options, TimeProvider clock, ILogger<BundleHeads> logger)
    : FollowStore(ready, TimeSpan.FromSeconds(options.Value.RefreshSeconds), clock)
{
    private static readonly Meter Meter = new("FinOps.Analytics.Policies");
    private static readonly Counter<long> WaitsRefused = Meter.CreateCounter<long>("finops.agents.waits_refused", description: "Agents that were answered without a wait, since too many wait already");

    /// <summary>Clocks of servers differ, and transactions take their time: what changed a minute ago is read again.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock = clock;
    private readonly Lock _writing = new();
    private volatile FrozenDictionary<TenantId, long> _heads = FrozenDictionary<TenantId, long>.Empty;
    private volatile TaskCompletionSource _changed = NewSignal();
    private DateTimeOffset _seenTo = DateTimeOffset.MinValue;
    private int _waiting;

    /// <summary>The newest version; 0: the tenant has no bundle.</summary>
    public long Current(TenantId tenant) => _heads.GetValueOrDefault(tenant);

    /// <summary>Sent out by this process: its agents need not wait for the next look.</summary>
    internal void Note(TenantId tenant, long version) => Join([KeyValuePair.Create(tenant, version)]);

    /// <summary>Returns once the tenant's newest version is another than <paramref name="have"/>, or the time is over; which it is then.</summary>
    public async Task<long> WaitAsync(TenantId tenant, long have, TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        if (wait <= TimeSpan.Zero || Current(tenant) != have) return Current(tenant);
        if (Interlocked.Increment(ref _waiting) > options.Value.MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            WaitsRefused.Add(1);
            return have;
        }

        try
        {
            while (true)
            {
                // The signal first: what changes after it was taken wakes it.
                var signal = _changed.Task;
                var left = wait - _clock.GetElapsedTime(began);
                if (Current(tenant) is var version && (version != have || left <= TimeSpan.Zero)) return version;
                using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(signal, Task.Delay(left, _clock, over.Token));
                await over.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public override async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var (since, began) = (_seenTo, _clock.GetUtcNow());
        var rows = await database.RunAsync(StoreScope.Bundles, context => context.Set<BundleHead>().IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.ChangedAt >= since).Select(row => new { row.TenantId, row.Version }).ToListAsync(cancellationToken), cancellationToken);
        _seenTo = began - Overlap;
        return Join([.. rows.Select(row => KeyValuePair.Create(new TenantId(row.TenantId), row.Version))]);
    }

    protected override void TellAway(Exception failure) => Log.HeadsNotRead(logger, failure);

    private bool Join(IReadOnlyList<KeyValuePair<TenantId, long>> rows)
    {
        lock (_writing)
        {
            var heads = _heads;
            var news = rows.Where(row => row.Value > heads.GetValueOrDefault(row.Key)).ToList();
            if (news.Count == 0) return false;
            var all = heads.ToDictionary();
            foreach (var (tenant, version) in news) all[tenant] = version;
            _heads = all.ToFrozenDictionary();
            var changed = _changed;
            _changed = NewSignal();
            changed.TrySetResult();
            return true;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
