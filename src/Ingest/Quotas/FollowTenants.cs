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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ready.WaitAsync(stoppingToken);
        var away = false;
        using var timer = new PeriodicTimer(Tick, clock);
        do
        {
            try
            {
                foreach (var door in doors.All)
                    if (clock.GetElapsedTime(door.SentAt) < Silent) await FollowAsync(door, stoppingToken);
                away = false;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // A background loop's boundary: said once, and tried again.
                if (!away) log.TenantsNotFollowed(failure);
                away = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task FollowAsync(TenantDoor door, CancellationToken cancellationToken)
    {
        if (door.Tags.ReadAt is not { } readAt || clock.GetElapsedTime(readAt).TotalSeconds >= options.Value.ValuesRefreshSeconds)
        {
            await ReadTagsAsync(door, cancellationToken);
            door.Tags.ReadAt = clock.GetTimestamp();
        }

        if (door.Limits[Quota.StorageBytes] == QuotaTable.Unlimited
            || (_measuredAt.TryGetValue(door, out var measuredAt) && clock.GetElapsedTime(measuredAt).TotalSeconds < options.Value.StorageRefreshSeconds)) return;
        if (await holdings.StoredBytesAsync(door.Tenant, cancellationToken) is { } bytes) door.StoredBytes = bytes;
        _measuredAt[door] = clock.GetTimestamp();
    }

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
