using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Prices;

/// <summary>
/// One change of the book at a time, whoever makes it: versions become visible in their order, so that nobody who follows the highest one misses another.
/// </summary>
internal static class PriceBookLock
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsPr".</summary>
    private const long Key = 0x46696E4F70735072;

    /// <summary>
    /// Takes the lock until the transaction ends, and gives the instant of the change: later than every change that the context sees, because a change's rows
    /// are found by it. PostgreSQL keeps microseconds: a finer instant would differ from itself after a round trip.
    /// </summary>
    public static async Task<DateTimeOffset> TakeAsync(FinOpsDbContext context, TimeProvider clock, CancellationToken cancellationToken)
    {
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Key})", cancellationToken);
        var now = clock.GetUtcNow();
        now = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var last = await context.Set<PriceChange>().MaxAsync(change => (DateTimeOffset?)change.ChangedAt, cancellationToken);
        return last >= now ? last.Value.AddMicroseconds(1) : now;
    }
}
