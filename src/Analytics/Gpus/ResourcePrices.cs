using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Gpus;

/// <summary>A tenant's prices of GPU hours.</summary>
/// <param name="services">For Hangfire, which opens only when PostgreSQL is there; without it the recurring job rates anew.</param>
public sealed class ResourcePrices(FinOpsDatabase database, TimeProvider clock, IOptions<GpuOptions> options, IServiceProvider services)
    : PriceTimeline<RecordedResourcePrice, AcceleratorPrice>(
        database, clock, "resource prices", new TimelineActs(AuditActs.ResourcePriceAdded, AuditActs.ResourcePriceChanged, AuditActs.ResourcePriceEnded),
        options.Value.MaxPrices, $"{GpuOptions.Section}:{nameof(GpuOptions.MaxPrices)}")
{
    /// <summary>For rating: what is believed now, with the version that it is.</summary>
    public async Task<AcceleratorPrices> SnapshotAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var (rows, version) = await BelievedAsync(tenant, cancellationToken);
        return new AcceleratorPrices(rows.Select(row => row.ToPrice()), version);
    }

    protected override RecordedResourcePrice RowOf(AcceleratorPrice price, Guid id, DateTimeOffset? from, TimelineStamp stamp)
    {
        var row = price.Normal();
        return new RecordedResourcePrice
        {
            TenantId = stamp.Tenant.Value,
            Id = id,
            Change = stamp.Change,
            RecordedAt = stamp.Now,
            Accelerator = row.Accelerator,
            Hosts = row.Hosts,
            Provider = row.Provider,
            Region = row.Region,
            Purchase = row.Purchase,
            PricePerHour = row.PricePerHour,
            ValidFrom = from?.ToUniversalTime() ?? row.ValidFrom,
            ValidTo = row.ValidTo,
            Author = stamp.Author,
            Reason = stamp.Reason,
        };
    }

    protected override RecordedResourcePrice Ending(RecordedResourcePrice row, DateTimeOffset? validTo, TimelineStamp stamp) => RowOf(row.ToPrice() with { ValidTo = validTo }, row.Id, null, stamp);

    protected override IOrderedQueryable<RecordedResourcePrice> InOrder(IQueryable<RecordedResourcePrice> rows) =>
        rows.OrderBy(row => row.Accelerator).ThenBy(row => row.Hosts).ThenByDescending(row => row.ValidFrom);

    protected override string? ProblemOf(RecordedResourcePrice row) => row.ToPrice().FindProblem();

    protected override bool IsForTheSame(RecordedResourcePrice one, RecordedResourcePrice other) => one.Accelerator == other.Accelerator && one.Hosts == other.Hosts;

    protected override string NameOf(RecordedResourcePrice row) => $"{row.Accelerator} on {row.Hosts}";

    protected override string AmountOf(RecordedResourcePrice row) => string.Create(CultureInfo.InvariantCulture, $"{row.PricePerHour} USD an hour");

    protected override object StateOf(RecordedResourcePrice row) =>
        new { row.Accelerator, row.Hosts, row.Provider, row.Region, Purchase = row.Purchase.ToString(), row.PricePerHour, row.ValidFrom, row.ValidTo };

    protected override void Changed(TenantId tenant) => services.StartSoon<RebuildDeviceCosts>(job => job.RunAsync(tenant.Value, CancellationToken.None));
}
