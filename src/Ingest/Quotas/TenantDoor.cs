using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp.Bodies;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Quotas;

/// <summary>Why a tenant's request is not let in, and when it is worth coming back.</summary>
internal readonly record struct DoorRefusal(IngestReason Reason, int RetryAfterSeconds);

/// <summary>
/// What one tenant uses of the front door of this process: its rates, its storage, its share of the places and bytes for requests in work. Looked at once for
/// each request, before its body is read; nothing is allocated.
/// </summary>
internal sealed class TenantDoor(TenantId tenant, IQuotaSource quotas, MemoryBudget budget, DoorOptions options, TimeProvider clock)
{
    private readonly TokenBucket _items = new(clock);
    private readonly TokenBucket _bytes = new(clock);
    private long _storedBytes;
    private long _sentAt;

    public TenantId Tenant => tenant;

    public MemoryShare Share { get; } = new(budget);

    public TenantTags Tags { get; } = new(clock);

    /// <summary>What the tenant keeps, as of the last look; 0 = not known yet.</summary>
    public long StoredBytes
    {
        get => Interlocked.Read(ref _storedBytes);
        set => Interlocked.Exchange(ref _storedBytes, value);
    }

    /// <summary>When the last request came, by the clock's timestamp.</summary>
    public long SentAt => Interlocked.Read(ref _sentAt);

    public TenantLimits Limits => quotas.Current(tenant);

    /// <summary>Null when the request may come in; it then has a place of the tenant's share, to be left with <see cref="MemoryShare.Leave"/>.</summary>
    public DoorRefusal? TryEnter()
    {
        Interlocked.Exchange(ref _sentAt, clock.GetTimestamp());
        var limits = Limits;
        if (StoredBytes > limits.Most(Quota.StorageBytes)) return new DoorRefusal(IngestReason.OverStorage, options.StorageRefreshSeconds);
        if (Wait(_items, limits[Quota.IngestItemsPerSecond]) is var items && items > TimeSpan.Zero) return new DoorRefusal(IngestReason.OverItemsRate, Seconds(items));
        if (Wait(_bytes, limits[Quota.IngestBytesPerSecond]) is var bytes && bytes > TimeSpan.Zero) return new DoorRefusal(IngestReason.OverBytesRate, Seconds(bytes));
        return Share.TryEnter() ? null : new DoorRefusal(IngestReason.TenantBusy, 1);
    }

    /// <summary>What a request that was let in has cost. Charged when its items are known, before they are written: the next request sees it.</summary>
    public void Charge(long bytes, int items)
    {
        var limits = Limits;
        Charge(_bytes, bytes, limits[Quota.IngestBytesPerSecond]);
        Charge(_items, items, limits[Quota.IngestItemsPerSecond]);
    }

    private TimeSpan Wait(TokenBucket bucket, long perSecond) => bucket.Wait(perSecond, (double)perSecond * options.BurstSeconds);

    private void Charge(TokenBucket bucket, long cost, long perSecond) => bucket.Charge(cost, perSecond, (double)perSecond * options.BurstSeconds);

    private static int Seconds(TimeSpan wait) => Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
}

/// <summary>The doors of the tenants that have sent to this process.</summary>
internal sealed class TenantDoors(IQuotaSource quotas, MemoryBudget budget, IOptions<DoorOptions> options, TimeProvider clock)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<TenantId, TenantDoor> _doors = new();

    public IEnumerable<TenantDoor> All => _doors.Values;

    public TenantDoor Of(TenantId tenant) => _doors.TryGetValue(tenant, out var door) ? door : _doors.GetOrAdd(
        tenant, new TenantDoor(tenant, quotas, budget, options.Value, clock));
}

/// <summary>No limits, for a front door without quotas around it.</summary>
internal sealed class NoQuotas : IQuotaSource
{
    public TenantLimits Current(TenantId tenant) => TenantLimits.None;
}
