using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Quotas;

/// <summary>Puts limits and use side by side. Rates are those of the busiest minute of the last hour; questions and exports are this process's.</summary>
public sealed class QuotaUsageReader(
    TenantQuotas quotas, ClickHouseStore store, IngestHealthReader health, StoredBytesReader stored, QueryGate gate, IOptions<QuotaOptions> options, TimeProvider clock)
{
    /// <summary>Over which the busiest minute is looked for.</summary>
    public static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Null when there is no such tenant.</summary>
    public async Task<QuotaUsageAnswer?> AskAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        if (await quotas.FindAsync(tenant, cancellationToken) is not { } settings) return null;
        var now = clock.GetUtcNow();
        var events = health.AskAsync(new IngestEventsQuestion(tenant, TimeRange.Ending(now, Hour)), cancellationToken);
        var values = store.QueryAsync(new DistinctValues(tenant, now.AddDays(-options.Value.KnownValuesDays), now), cancellationToken);
        var bytes = stored.AskAsync(tenant, cancellationToken);
        await Task.WhenAll(events, values, bytes);
        var used = (await values).ToDictionary(one => one.Quota, one => (long?)one.Values);
        used[Quota.IngestItemsPerSecond] = Busiest(await events, row => row.Reason is "accepted" or "ignored" ? row.Items : 0);
        used[Quota.IngestBytesPerSecond] = Busiest(await events, row => row.Reason is "accepted" or "ignored" ? row.Bytes : 0);
        used[Quota.StorageBytes] = await bytes;
        var queries = gate.UseOf(tenant);
        used[Quota.QuerySecondsPerMinute] = (long)Math.Ceiling(queries.SecondsLastMinute);
        used[Quota.ConcurrentQueries] = queries.Running;
        used[Quota.ConcurrentExports] = queries.Exports;
        return new QuotaUsageAnswer(tenant, settings.TenantName, [.. QuotaTable.All.Select(text => new QuotaUse(
            text.Quota, settings.Limits[text.Quota], !settings.Set.ContainsKey(text.Quota), used.GetValueOrDefault(text.Quota)))]);
    }

    private static long Busiest(IngestEventsAnswer events, Func<IngestEventRow, long> what) =>
        events.Rows.GroupBy(row => row.Period).Select(minute => (long)Math.Ceiling(minute.Sum(what) / events.PeriodLength.TotalSeconds)).DefaultIfEmpty(0).Max();
}
