using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Vectors;

/// <summary>A tenant's prices of vector databases and buckets.</summary>
/// <param name="services">For Hangfire, which opens only when PostgreSQL is there; without it the recurring job rates anew.</param>
public sealed class DataStorePrices(FinOpsDatabase database, TimeProvider clock, IOptions<VectorOptions> options, IServiceProvider services)
    : PriceTimeline<RecordedStorePrice, DataStorePrice>(
        database, clock, "data store prices", new TimelineActs(AuditActs.StorePriceAdded, AuditActs.StorePriceChanged, AuditActs.StorePriceEnded),
        options.Value.MaxPrices, $"{VectorOptions.Section}:{nameof(VectorOptions.MaxPrices)}")
{
    /// <summary>For rating: what is believed now, with the version that it is.</summary>
    public async Task<DataStorePriceBook> SnapshotAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var (rows, version) = await BelievedAsync(tenant, cancellationToken);
        return new DataStorePriceBook(rows.Select(row => row.ToPrice()), version);
    }

    protected override RecordedStorePrice RowOf(DataStorePrice price, Guid id, DateTimeOffset? from, TimelineStamp stamp)
    {
        var row = price.Normal();
        return new RecordedStorePrice
        {
            TenantId = stamp.Tenant.Value,
            Id = id,
            Change = stamp.Change,
            RecordedAt = stamp.Now,
            System = row.System,
            Places = row.Places,
            Tier = row.Tier,
            Meter = row.Meter,
            Price = row.Price,
            ValidFrom = from?.ToUniversalTime() ?? row.ValidFrom,
            ValidTo = row.ValidTo,
            Author = stamp.Author,
            Reason = stamp.Reason,
        };
    }

    protected override RecordedStorePrice Ending(RecordedStorePrice row, DateTimeOffset? validTo, TimelineStamp stamp) => RowOf(row.ToPrice() with { ValidTo = validTo }, row.Id, null, stamp);

    protected override IOrderedQueryable<RecordedStorePrice> InOrder(IQueryable<RecordedStorePrice> rows) =>
        rows.OrderBy(row => row.System).ThenBy(row => row.Places).ThenBy(row => row.Tier).ThenBy(row => row.Meter).ThenByDescending(row => row.ValidFrom);

    protected override string? ProblemOf(RecordedStorePrice row) => row.ToPrice().FindProblem();

    protected override bool IsForTheSame(RecordedStorePrice one, RecordedStorePrice other) => (one.System, one.Places, one.Tier, one.Meter) == (other.System, other.Places, other.Tier, other.Meter);

    protected override string NameOf(RecordedStorePrice row) => $"{row.System} {row.Places}{(row.Tier.Length > 0 ? " " + row.Tier : "")}, {Words(row.Meter)}";

    protected override string AmountOf(RecordedStorePrice row) => string.Create(CultureInfo.InvariantCulture, $"{row.Price} USD {Per(row.Meter)}");

    protected override object StateOf(RecordedStorePrice row) => new { row.System, row.Places, row.Tier, Meter = row.Meter.ToString(), row.Price, row.ValidFrom, row.ValidTo };

    protected override void Changed(TenantId tenant) => services.StartSoon<RebuildDataStoreCosts>(job => job.RunAsync(tenant.Value, CancellationToken.None));

    /// <summary>"node hours", "read units".</summary>
    public static string Words(DataStoreMeter meter) => meter switch
    {
        DataStoreMeter.NodeHours => "node hours",
        DataStoreMeter.MemoryGigabyteHours => "memory",
        DataStoreMeter.DiskGigabyteMonths => "disk",
        DataStoreMeter.ReadUnits => "read units",
        DataStoreMeter.WriteUnits => "write units",
        DataStoreMeter.StorageGigabyteMonths => "storage",
        DataStoreMeter.StorageReads => "reading operations",
        DataStoreMeter.StorageWrites => "writing operations",
        DataStoreMeter.EgressGigabytes => "egress",
        _ => throw new ArgumentOutOfRangeException(nameof(meter), meter, "No such meter."),
    };

    /// <summary>"per hour", "per 1M".</summary>
    public static string Per(DataStoreMeter meter) => meter switch
    {
        DataStoreMeter.NodeHours => "per hour",
        DataStoreMeter.MemoryGigabyteHours => "per GB-hour",
        DataStoreMeter.DiskGigabyteMonths or DataStoreMeter.StorageGigabyteMonths => "per GB-month",
        DataStoreMeter.ReadUnits or DataStoreMeter.WriteUnits => "per 1M",
        DataStoreMeter.StorageReads or DataStoreMeter.StorageWrites => "per 1,000",
        DataStoreMeter.EgressGigabytes => "per GB",
        _ => throw new ArgumentOutOfRangeException(nameof(meter), meter, "No such meter."),
    };
}
