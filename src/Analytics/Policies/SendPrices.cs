using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Policies;

/// <summary>
/// Every minute: sends a new bundle to the gateways of each tenant whose prices have changed, by an edit of its own or an import of the public list; a job of Hangfire. However many changes a minute has, they are one bundle, and where gateways
/// rate the same after them, none. Two small questions for all tenants find those that changed, mostly none.
/// </summary>
public sealed class SendPrices(FinOpsDatabase database, PublishBundle publish, TimeProvider clock, ILogger<SendPrices> logger)
{
    private const string Job = "send-prices";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Exception? first = null;
        foreach (var tenant in await BehindAsync(cancellationToken))
        {
            try
            {
                await RunTenantAsync(tenant, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One tenant's trouble holds up nobody else's prices.
                Log.PricesNotSent(logger, failure, tenant);
                first ??= failure;
            }
        }

        if (first is not null) throw new InvalidOperationException($"Not all prices were sent to gateways: {first.Message}", first);
    }

    /// <summary>Tenants whose book has changed since their bundle was made; those without a bundle whose gateways wait for a first one, if they have prices of their own.</summary>
    private async Task<IReadOnlyList<TenantId>> BehindAsync(CancellationToken cancellationToken)
    {
        var heads = await database.RunAsync(StoreScope.Bundles, context => context.Set<BundleHead>().IgnoreQueryFilters().ToDictionaryAsync(row => row.TenantId, row => row.BookVersion, cancellationToken), cancellationToken);
        var waiting = await database.RunAsync(StoreScope.Agents, context => context.Set<RecordedAgent>().IgnoreQueryFilters().Where(row => row.RevokedAt == null).Select(row => row.TenantId).Distinct().ToListAsync(cancellationToken), cancellationToken);
        if (heads.Count + waiting.Count == 0) return [];
        var changes = await database.RunAsync(
            StoreScope.PriceBook, context => context.Set<PriceChange>().IgnoreQueryFilters().GroupBy(change => change.TenantId).Select(group => new { Tenant = group.Key, Latest = group.Max(change => change.Id) }).ToListAsync(cancellationToken), cancellationToken);
        var shared = changes.Find(change => change.Tenant is null)?.Latest ?? 0;
        var own = changes.Where(change => change.Tenant is not null).ToDictionary(change => change.Tenant!.Value, change => change.Latest);
        return [.. heads.Where(head => Math.Max(shared, own.GetValueOrDefault(head.Key)) > head.Value).Select(head => head.Key).Concat(waiting.Where(tenant => !heads.ContainsKey(tenant) && own.ContainsKey(tenant))).Order().Select(tenant => new TenantId(tenant))];
    }

    private Task<bool> RunTenantAsync(TenantId tenant, CancellationToken cancellationToken) => publish.ChangeAsync(tenant, Job, async context =>
    {
        var (overlay, book) = await EdgePriceList.ReadAsync(context, clock.GetUtcNow(), cancellationToken);
        var last = await context.Set<RecordedBundle>().AsNoTracking().Where(row => row.TenantId == tenant.Value).OrderByDescending(row => row.Version).Select(row => row.Payload).FirstOrDefaultAsync(cancellationToken);
        var sent = last is null ? null : PolicyBundleReader.Read(last).Bundle?.PricesBeside;
        var isNew = overlay is null ? sent is not null : sent is null || !overlay.ToJson().AsSpan().SequenceEqual(sent.ToJson());
        if (!isNew) await context.Set<BundleHead>().Where(row => row.TenantId == tenant.Value).ExecuteUpdateAsync(row => row.SetProperty(one => one.BookVersion, book), cancellationToken);
        return (isNew, isNew);
    }, cancellationToken);
}
