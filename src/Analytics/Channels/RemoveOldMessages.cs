using FinOps.Analytics.Retention;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Channels;

/// <summary>Every hour: removes messages that ended and tries that are kept no longer (<see cref="ChannelOptions.KeepDays"/>). What waits stays.</summary>
public sealed class RemoveOldMessages(FinOpsDatabase database, Retentions retentions, TimeProvider clock, IOptions<ChannelOptions> options)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow().AddDays(-options.Value.KeepDays);
        foreach (var (tenant, _) in await retentions.AllInForceAsync(cancellationToken))
        {
            await database.RunAsync(tenant, async context =>
                await context.Set<ChannelMessage>().Where(row => row.TenantId == tenant.Value && row.EndedAt < before).ExecuteDeleteAsync(cancellationToken)
                + await context.Set<ChannelAttempt>().Where(row => row.TenantId == tenant.Value && row.At < before).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        }
    }
}
