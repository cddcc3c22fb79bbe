using FinOps.Analytics.Channels;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Channels;

/// <summary>Sends a test to a channel now and tells what came of it; of e-mail one to each recipient. The log has each try.</summary>
internal sealed class TestChannel(ChannelBook book, MessageOutbox outbox, DeliverMessage deliver, ChannelLinks links, TimeProvider clock)
{
    /// <summary>Null: the tenant has no such channel.</summary>
    public async Task<IReadOnlyList<ChannelAttempt>?> RunAsync(TenantId tenant, Guid id, CancellationToken cancellationToken)
    {
        if (await book.FindAsync(tenant, id, cancellationToken) is not { } standing) return null;
        List<ChannelAttempt> attempts = [];
        foreach (var recipient in new ReachedChannel(standing.Channel, standing.Row.Unsubscribed, []).Recipients)
        {
            var began = clock.GetTimestamp();
            var answer = await deliver.RunAsync(standing.Row, standing.Channel, recipient, MessageWords.Test(Guid.CreateVersion7(clock.GetUtcNow()), links), cancellationToken);
            var attempt = Attempts.Of(tenant, id, recipient, answer, clock.GetElapsedTime(began), clock.GetUtcNow(), alerts: 0, message: null);
            await outbox.LogAsync(tenant, attempt, cancellationToken);
            attempts.Add(attempt);
        }

        return attempts;
    }
}
