using FinOps.Domain.Quotas;

namespace FinOps.Analytics.Quotas;

/// <summary>
/// What a tenant may use where nothing is set for it, and how the limits are kept. Section <c>FinOps:Quotas</c>, for example
/// <c>FinOps__Quotas__IngestItemsPerSecond</c>. For the limits of tenants 0 means none.
/// </summary>
public sealed class QuotaOptions
{
    public const string Section = "FinOps:Quotas";

    /// <summary>Spans, data points and log records a second. Default 100,000: some 8.6 billion calls a day.</summary>
    public long IngestItemsPerSecond { get; set; } = 100_000;

    /// <summary>Bytes of bodies a second, as sent. Default 128 MB.</summary>
    public long IngestBytesPerSecond { get; set; } = 128_000_000;

    /// <summary>Bytes of rows in ClickHouse. Default 1 TB.</summary>
    public long StorageBytes { get; set; } = 1_000_000_000_000;

    /// <summary>Seconds of questions a minute, in each process. Default 600: ten at work all the time.</summary>
    public long QuerySecondsPerMinute { get; set; } = 600;

    /// <summary>Questions at once, in each process. Default 16.</summary>
    public long ConcurrentQueries { get; set; } = 16;

    /// <summary>Exports at once, in each process. Default 2.</summary>
    public long ConcurrentExports { get; set; } = 2;

    /// <summary>Default 10,000.</summary>
    public long DistinctFeatures { get; set; } = 10_000;

    /// <summary>Default 100,000.</summary>
    public long DistinctUsers { get; set; } = 100_000;

    /// <summary>Default 10,000.</summary>
    public long DistinctTeams { get; set; } = 10_000;

    /// <summary>Default 100,000.</summary>
    public long DistinctCustomers { get; set; } = 100_000;

    /// <summary>Default 1,000.</summary>
    public long DistinctEnvironments { get; set; } = 1_000;

    /// <summary>Default 10,000.</summary>
    public long DistinctServices { get; set; } = 10_000;

    /// <summary>Default 10,000.</summary>
    public long DistinctEndpoints { get; set; } = 10_000;

    /// <summary>Seconds after which limits that were set are in force everywhere. Default 3.</summary>
    public int RefreshSeconds { get; set; } = 3;

    /// <summary>Days of calls whose values of tags count. Default 30.</summary>
    public int KnownValuesDays { get; set; } = 30;

    /// <summary>Questions of all tenants at once, in each process. Default 32.</summary>
    public int QueriesAtOnce { get; set; } = 32;

    /// <summary>Questions of one tenant that wait for their turn, in each process. Default 256. Beyond it: refused as over the limit.</summary>
    public int WaitingQueries { get; set; } = 256;

    /// <summary>Seconds that a question waits for its turn. Default 10. Beyond it: refused as over the limit.</summary>
    public int QueryWaitSeconds { get; set; } = 10;

    /// <summary>The limits of a tenant for which nothing is set.</summary>
    public TenantLimits ToLimits() => new(quota => quota switch
    {
        Quota.IngestItemsPerSecond => IngestItemsPerSecond,
        Quota.IngestBytesPerSecond => IngestBytesPerSecond,
        Quota.StorageBytes => StorageBytes,
        Quota.QuerySecondsPerMinute => QuerySecondsPerMinute,
        Quota.ConcurrentQueries => ConcurrentQueries,
        Quota.ConcurrentExports => ConcurrentExports,
        Quota.DistinctFeatures => DistinctFeatures,
        Quota.DistinctUsers => DistinctUsers,
        Quota.DistinctTeams => DistinctTeams,
        Quota.DistinctCustomers => DistinctCustomers,
        Quota.DistinctEnvironments => DistinctEnvironments,
        Quota.DistinctServices => DistinctServices,
        Quota.DistinctEndpoints => DistinctEndpoints,
        _ => throw new ArgumentOutOfRangeException(nameof(quota), quota, null),
    });

    internal IEnumerable<string> Problems()
    {
        var limits = ToLimits();
        foreach (var text in QuotaTable.All)
            if (limits[text.Quota] is < 0 or > QuotaTable.MaxLimit) yield return $"{Section}:{text.Quota} must be 0 (no limit) to {QuotaTable.MaxLimit}.";
        if (RefreshSeconds is < 1 or > 60) yield return $"{Section}:{nameof(RefreshSeconds)} must be 1 to 60.";
        if (KnownValuesDays is < 1 or > 400) yield return $"{Section}:{nameof(KnownValuesDays)} must be 1 to 400.";
        if (QueriesAtOnce is < 1 or > 1000) yield return $"{Section}:{nameof(QueriesAtOnce)} must be 1 to 1000.";
        if (WaitingQueries is < 0 or > 100_000) yield return $"{Section}:{nameof(WaitingQueries)} must be 0 to 100000.";
        if (QueryWaitSeconds is < 1 or > 60) yield return $"{Section}:{nameof(QueryWaitSeconds)} must be 1 to 60.";
    }
}
