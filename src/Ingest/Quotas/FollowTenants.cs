using FinOps.Analytics.Stores;
using FinOps.Domain.Quotas;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Quotas;

/// <summary>
/// Looks in the store for what limits the tenants that send: how much they keep, and which values their tags have. One tenant after another, so that it never
/// is more than one question at a time. While ClickHouse is away the last known figures go on.
/// </summary>
internal sealed class FollowTenants(
    TenantDoors doors, ITenantHoldings holdings, StoresReady ready, IOptions<DoorOptions> options, TimeProvider clock, ILogger<FollowTenants> log)
    : BackgroundService
{
    /// <summary>How soon a tenant that sends for the first time is looked at.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Who has sent nothing for so long is not looked at any more. What they send next is judged by what was known.</summary>
    private static readonly TimeSpan Silent = TimeSpan.FromMinutes(10);

    private readonly Dictionary<TenantDoor, long> _measuredAt = [];
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Tick, clock);
        do
        {
            var failed = false;
            foreach (var door in doors.All)
                if (clock.GetElapsedTime(door.SentAt) < Silent) failed |= !await TryFollowAsync(door, stoppingToken);
            _failing = failed;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> TryFollowAsync(TenantDoor door, CancellationToken cancellationToken)
    {
        try
        {
            await FollowAsync(door, cancellationToken);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // A background loop's boundary: said once, tried again at the next tick, and no tenant's trouble keeps the others from their look.
            if (!_failing) log.TenantsNotFollowed(failure);
            _failing = true;
            return false;
        }
    }

    /// <summary>Who has sent nothing since the last look is not looked at again: nothing would be judged by it.</summary>
    private async Task FollowAsync(TenantDoor door, CancellationToken cancellationToken)
    {
        var sent = door.SentAt;
        if (IsDue(door.Tags.ReadAt, sent, options.Value.ValuesRefreshSeconds))
        {
            await ReadTagsAsync(door, cancellationToken);
            door.Tags.ReadAt = clock.GetTimestamp();
        }

        if (door.Limits[Quota.StorageBytes] == QuotaTable.Unlimited) return;
        if (!IsDue(_measuredAt.TryGetValue(door, out var at) ? at : null, sent, options.Value.StorageRefreshSeconds)) return;
        if (await holdings.StoredBytesAsync(door.Tenant, cancellationToken) is { } bytes) door.StoredBytes = bytes;
        _measuredAt[door] = clock.GetTimestamp();
    }

    private bool IsDue(long? lookedAt, long sentAt, int seconds) => lookedAt is not { } at || (sentAt > at && clock.GetElapsedTime(at).TotalSeconds >= seconds);

    private async Task ReadTagsAsync(TenantDoor door, CancellationToken cancellationToken)
    {
        foreach (var tag in Enum.GetValues<Tag>())
        {
            if (QuotaTable.OfTag(tag) is null) continue;
            HashSet<ulong> hashes = [];
            await foreach (var value in holdings.ValuesAsync(door.Tenant, tag, cancellationToken)) hashes.Add(TagValues.Hash(value));
            door.Tags[tag].Replace(hashes);
        }
    }
}
