using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>
/// What every change of the price book begins with. Changes come one after the other, each at an instant of its own: only so can the book be read as it was at one of them
/// (<see cref="PriceHistory"/>).
/// </summary>
internal static class PriceBookEdit
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsPr".</summary>
    private const long LockKey = 0x46696E4F70735072;

    /// <summary>Waits until no other change is under way; the lock ends with the transaction.</summary>
    /// <returns>The instant of this change: for its <see cref="PriceChange"/>, and for the rows that it records and supersedes. Later than all changes before it, whatever the clock says.</returns>
    public static async Task<DateTimeOffset> BeginAsync(FinOpsDbContext context, TimeProvider clock, CancellationToken cancellationToken)
    {
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({LockKey})", cancellationToken);
        var last = await context.Set<PriceChange>().MaxAsync(change => (DateTimeOffset?)change.ChangedAt, cancellationToken);
        // PostgreSQL keeps microseconds: a finer instant would differ from itself after a round trip.
        var now = clock.GetUtcNow();
        now = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        return last >= now ? last.Value.ToUniversalTime().AddMicroseconds(1) : now;
    }
}
