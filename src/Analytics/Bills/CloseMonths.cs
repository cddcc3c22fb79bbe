using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Bills;

/// <summary>Closes the books of past months (UTC), opens them again, and tells what was corrected since (docs/bills.md).</summary>
public sealed class CloseMonths(FinOpsDatabase database, ClickHouseStore store, TimeProvider clock, IOptions<BillOptions> options, IServiceProvider services)
{
    /// <summary>Corrections that are listed. Default 1,000.</summary>
    public const int MaxCorrections = 1_000;

    /// <summary>Closes that are listed, the latest month first. Default 60.</summary>
    public const int MaxListed = 60;

    public async Task<IReadOnlyList<ClosedMonth>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().OrderByDescending(row => row.Month).ThenByDescending(row => row.RequestedAt).Take(MaxListed).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>The close that stands, or is under way; null where the month is open.</summary>
    public async Task<ClosedMonth?> FindAsync(TenantId tenant, DateOnly month, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().OrderByDescending(row => row.RequestedAt).FirstOrDefaultAsync(row => row.Month == month && (row.State == MonthState.Closed || row.State == MonthState.Closing), cancellationToken), cancellationToken);

    /// <summary>Closes that stand, of the months that a range touches, the earliest first; of all months where there is no range.</summary>
    public async Task<IReadOnlyList<ClosedMonth>> StandingAsync(TenantId tenant, TimeRange? range, CancellationToken cancellationToken)
    {
        var (first, last) = range is { } asked && asked.From < asked.To ? (MonthOf(asked.From), MonthOf(asked.To.AddTicks(-1))) : (DateOnly.MinValue, DateOnly.MaxValue);
        return await database.RunAsync(
            tenant, context => Rows(context, tenant).AsNoTracking().Where(row => row.State == MonthState.Closed && row.Month >= first && row.Month <= last).OrderBy(row => row.Month).ToListAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Corrections of the month's close, the latest first; none where it is open.</summary>
    public async Task<IReadOnlyList<Correction>> CorrectionsAsync(TenantId tenant, DateOnly month, CancellationToken cancellationToken) =>
        await FindAsync(tenant, month, cancellationToken) is { State: MonthState.Closed } close ? await store.QueryAsync(new CorrectionsOfClose(tenant, close.Id, MaxCorrections), cancellationToken) : [];

    /// <summary>Why the month cannot be closed now, for people; null where it can.</summary>
    public async Task<string?> FindProblemAsync(TenantId tenant, DateOnly month, CancellationToken cancellationToken)
    {
        var range = RangeOf(month);
        var now = clock.GetUtcNow();
        if (month.Day != 1) return "A month is named by its first day.";
        if (now < range.To) return string.Create(CultureInfo.InvariantCulture, $"{month:MMMM yyyy} is not over: it ends on {range.To:d MMMM} at 00:00 UTC.");
        var changed = (await store.QueryAsync(new LastChange(tenant, range), cancellationToken))[0];
        if (changed.Cells == 0) return string.Create(CultureInfo.InvariantCulture, $"There are no calls in {month:MMMM yyyy}.");
        var quiet = changed.Latest.AddMinutes(options.Value.QuietMinutes);
        if (now < quiet)
            return string.Create(CultureInfo.InvariantCulture, $"Its calls are still arriving or being settled: the latest change came on {changed.Latest:d MMM, HH:mm} UTC. Without a further one it can be closed from {quiet:d MMM, HH:mm} UTC on.");
        var pending = CellState.Of(await store.QueryAsync(new PendingCells(tenant, range), cancellationToken)).Pending.Count;
        if (pending > 0) return string.Create(CultureInfo.InvariantCulture, $"{pending} of its quarter hours are not summed up yet; a job does that every minute.");
        var closed = (await store.QueryAsync(new ClosedUntil(tenant, 0), cancellationToken))[0].Closed;
        return closed > range.From.ToUnixTimeSeconds() ? "Calls of this month are no longer kept: there is nothing to close it with." : null;
    }

    /// <summary>A job writes its lines down. Asking again while it is closed or being closed changes nothing.</summary>
    /// <exception cref="TenancyException">It cannot be closed now; the message says why.</exception>
    public async Task<ClosedMonth> RequestAsync(TenantId tenant, DateOnly month, Actor actor, CancellationToken cancellationToken)
    {
        if (await FindAsync(tenant, month, cancellationToken) is { } before) return before;
        if (await FindProblemAsync(tenant, month, cancellationToken) is { } problem) throw new TenancyException(problem);
        var close = await database.RunAsync(tenant, async context =>
        {
            await Bills.LockAsync(context, tenant, cancellationToken);
            if (await Rows(context, tenant).AsNoTracking().FirstOrDefaultAsync(row => row.Month == month && (row.State == MonthState.Closed || row.State == MonthState.Closing), cancellationToken) is { } known) return known;
            var made = new ClosedMonth { TenantId = tenant.Value, Id = Guid.NewGuid(), Month = month, State = MonthState.Closing, RequestedAt = clock.GetUtcNow(), RequestedBy = Bills.Short(actor.Name, BillConfiguration.MaxAuthor) };
            context.Add(made);
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.MonthClosed, made.Id.ToString(), Name(month)) { After = new { Month = Name(month) } }, cancellationToken);
            return made;
        }, cancellationToken);
        if (close.State == MonthState.Closing) services.StartSoon<CloseMonth>(job => job.RunAsync(tenant.Value, close.Id, CancellationToken.None));
        return close;
    }

    /// <summary>Its corrections no longer count, its figures are those of its calls again. False where it is open.</summary>
    /// <exception cref="TenancyException">There is no reason.</exception>
    public Task<bool> ReopenAsync(TenantId tenant, DateOnly month, string why, Actor actor, CancellationToken cancellationToken)
    {
        if (why.Trim().Length is 0 or > BillConfiguration.MaxReason) throw new TenancyException($"Say why, in 1 to {BillConfiguration.MaxReason} characters.");
        return database.RunAsync(tenant, async context =>
        {
            await Bills.LockAsync(context, tenant, cancellationToken);
            if (await Rows(context, tenant).SingleOrDefaultAsync(row => row.Month == month && (row.State == MonthState.Closed || row.State == MonthState.Closing), cancellationToken) is not { } close) return false;
            (close.State, close.ReopenedAt, close.ReopenedBy, close.ReopenedWhy) = (MonthState.Reopened, clock.GetUtcNow(), Bills.Short(actor.Name, BillConfiguration.MaxAuthor), why.Trim());
            await context.SaveChangesAsync(cancellationToken);
            var entry = new AuditEntry(actor, AuditActs.MonthReopened, close.Id.ToString(), Name(month)) { Before = new { close.Cost, close.Corrections, close.ClosedAt }, Why = why };
            await AuditTrail.RecordAsync(context, entry, cancellationToken);
            return true;
        }, cancellationToken);
    }

    internal static IQueryable<ClosedMonth> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<ClosedMonth>().Where(row => row.TenantId == tenant.Value);

    internal static async Task<HashSet<DateOnly>> ClosedAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        [.. await Rows(context, tenant).Where(row => row.State == MonthState.Closed || row.State == MonthState.Closing).Select(row => row.Month).ToListAsync(cancellationToken)];

    public static TimeRange RangeOf(DateOnly month) => new(new DateTimeOffset(month.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), new DateTimeOffset(month.AddMonths(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero));

    private static DateOnly MonthOf(DateTimeOffset instant) => new(instant.UtcDateTime.Year, instant.UtcDateTime.Month, 1);

    public static string Name(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
