using FinOps.Analytics.Alerts;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Budgets;

/// <summary>Every hour: removes alerts and periods of budgets that are kept no longer (<see cref="BudgetOptions.KeepDays"/>), and leases with their sums (<see cref="LeaseOptions"/>). Budgets and their versions stay.</summary>
public sealed class RemoveOldAlerts(FinOpsDatabase database, Retentions retentions, TimeProvider clock, IOptions<BudgetOptions> options, IOptions<LeaseOptions> leases)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow().AddDays(-options.Value.KeepDays);
        var (lease, hour) = (clock.GetUtcNow().AddHours(-leases.Value.KeepHours), clock.GetUtcNow().AddDays(-leases.Value.KeepDays));
        foreach (var (tenant, _) in await retentions.AllInForceAsync(cancellationToken))
        {
            await database.RunAsync(tenant, async context =>
                await context.Set<RecordedAlert>().Where(row => row.TenantId == tenant.Value && row.OpenedAt < before).ExecuteDeleteAsync(cancellationToken)
                + await context.Set<BudgetPeriodState>().Where(row => row.TenantId == tenant.Value && row.EndsAt < before).ExecuteDeleteAsync(cancellationToken)
                + await context.Set<BudgetRange>().Where(row => row.TenantId == tenant.Value && row.EndsAt < before).ExecuteDeleteAsync(cancellationToken)
                + await context.Set<RecordedForecast>().Where(row => row.TenantId == tenant.Value && row.EndsAt < before).ExecuteDeleteAsync(cancellationToken)
                + await context.Set<RecordedLease>().Where(row => row.TenantId == tenant.Value && row.ExpiresAt < lease).ExecuteDeleteAsync(cancellationToken)
                + await context.Set<LeasedHour>().Where(row => row.TenantId == tenant.Value && row.Hour < hour).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        }
    }
}
