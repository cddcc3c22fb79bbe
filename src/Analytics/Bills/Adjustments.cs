using System.Globalization;
using System.Runtime.CompilerServices;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Bills;

/// <summary>What acceptance would add.</summary>
public sealed record PlannedAdjustment(DateOnly Date, string Provider, string Model, FinOps.Domain.Pricing.Meter? Meter, ResidualCause? Cause, string Words, decimal Amount);

/// <summary>Accepted adjustments of a range, to be told beside its figures: they are in none of them.</summary>
/// <param name="Bills">How many bills they come from.</param>
public sealed record AdjustmentSum(decimal Amount, int Lines, int Days, int Bills, string BillName)
{
    public static readonly AdjustmentSum None = new(0, 0, 0, 0, "");
}

/// <summary>Accepts differences between bills and our figures, and takes them back.</summary>
public sealed class Adjustments(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Adjustments that one acceptance may add. Default 20,000.</summary>
    public const int MaxAccepted = 20_000;

    /// <summary>Adjustments that are listed, the latest first. Default 1,000.</summary>
    public const int MaxListed = 1_000;

    private const int PageSize = 5_000;

    /// <summary>
    /// What accepting these causes would add, given what was accepted from the bill before: accepting again adds the difference alone. A null among the causes is what none of them explains.
    /// </summary>
    public static IReadOnlyList<PlannedAdjustment> Plan(ReconciledBill bill, IReadOnlyCollection<ResidualCause?> causes, IReadOnlyList<Adjustment> accepted)
    {
        var wanted = bill.Rows.SelectMany(row => row.Causes.Select(cause => (Cause: (ResidualCause?)cause.Cause, cause.Amount)).Append((null, row.Rest))
            .Where(part => causes.Contains(part.Cause))
            .Select(part => new PlannedAdjustment(DateOnly.FromDateTime(row.From.UtcDateTime), row.Provider, row.Model, row.Meter, part.Cause, row.Model.Length == 0 ? row.Sku : "", part.Amount)));
        var before = accepted.Where(line => causes.Contains(line.Cause))
            .Select(line => new PlannedAdjustment(line.Date, line.Provider, line.Model, line.Meter, line.Cause, line.Words, -line.Amount));
        return [.. wanted.Concat(before).GroupBy(line => line with { Amount = 0 }).Select(group => group.Key with { Amount = group.Sum(line => line.Amount) }).Where(line => line.Amount != 0)
            .OrderBy(line => line.Date).ThenBy(line => line.Model, StringComparer.Ordinal).ThenBy(line => line.Meter).ThenBy(line => line.Cause)];
    }

    public async Task<IReadOnlyList<Adjustment>> OfBillAsync(TenantId tenant, Guid bill, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().Where(row => row.BillId == bill).OrderBy(row => row.AcceptedAt).ThenBy(row => row.Date).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Those that count for days from <paramref name="from"/> until before <paramref name="to"/>, the latest first.</summary>
    public async Task<IReadOnlyList<Adjustment>> ListAsync(TenantId tenant, DateOnly from, DateOnly to, CancellationToken cancellationToken) => await database.RunAsync(
        tenant, context => Rows(context, tenant).AsNoTracking().Where(row => row.BookedOn >= from && row.BookedOn < to).OrderByDescending(row => row.BookedOn).ThenBy(row => row.Model).ThenBy(row => row.Id).Take(MaxListed).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>All of them, the earliest first, in pages: whoever exports leaves none out.</summary>
    public async IAsyncEnumerable<Adjustment> ReadAsync(TenantId tenant, DateOnly from, DateOnly to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (day, after) = (from, Guid.Empty);
        while (true)
        {
            var (since, id) = (day, after);
            var page = await database.RunAsync(tenant, context => Rows(context, tenant).AsNoTracking()
                .Where(row => row.BookedOn < to && (row.BookedOn > since || (row.BookedOn == since && row.Id > id))).OrderBy(row => row.BookedOn).ThenBy(row => row.Id).Take(PageSize).ToListAsync(cancellationToken), cancellationToken);
            foreach (var row in page) yield return row;
            if (page.Count < PageSize) yield break;
            (day, after) = (page[^1].BookedOn, page[^1].Id);
        }
    }

    /// <summary>Of the UTC days that a range touches.</summary>
    public Task<AdjustmentSum> SumAsync(TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        // A caller may ask for any years.
        var (from, to) = (Day(range.From), Day(range.To > DateTimeOffset.MinValue ? range.To.AddTicks(-1) : range.To));
        return database.RunAsync(tenant, async context =>
        {
            var rows = await Rows(context, tenant).Where(row => row.BookedOn >= from && row.BookedOn <= to).GroupBy(row => new { row.BookedOn, row.BillId })
                .Select(group => new { group.Key.BookedOn, group.Key.BillId, Amount = group.Sum(row => row.Amount), Lines = group.Count() }).ToListAsync(cancellationToken);
            var counted = rows.Where(row => row.Amount != 0).ToList();
            if (counted.Count == 0) return AdjustmentSum.None;
            var bill = counted[0].BillId;
            var name = await Bills.Rows(context, tenant).Where(row => row.Id == bill).Select(row => row.Name).SingleAsync(cancellationToken);
            return new AdjustmentSum(
                counted.Sum(row => row.Amount), counted.Sum(row => row.Lines), counted.Select(row => row.BookedOn).Distinct().Count(), counted.Select(row => row.BillId).Distinct().Count(), name);
        }, cancellationToken);
    }

    /// <summary>Sums by the day that they count for, of the UTC days that a range touches, the earliest first.</summary>
    public async Task<IReadOnlyList<(DateOnly Day, decimal Amount)>> ByDayAsync(TenantId tenant, TimeRange range, CancellationToken cancellationToken)
    {
        var (from, to) = (Day(range.From), Day(range.To > DateTimeOffset.MinValue ? range.To.AddTicks(-1) : range.To));
        var rows = await database.RunAsync(tenant, context => Rows(context, tenant).Where(row => row.BookedOn >= from && row.BookedOn <= to).GroupBy(row => row.BookedOn)
            .Select(day => new { Day = day.Key, Amount = day.Sum(row => row.Amount) }).OrderBy(day => day.Day).ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.Where(row => row.Amount != 0).Select(row => (row.Day, row.Amount))];
    }

    /// <summary>Adds what <see cref="Plan"/> says. Doing it twice adds nothing the second time.</summary>
    /// <exception cref="TenancyException">There is no such bill that counts, no reason, or too much.</exception>
    public Task<IReadOnlyList<Adjustment>> AcceptAsync(TenantId tenant, Guid bill, ReconciledBill reconciled, IReadOnlyCollection<ResidualCause?> causes, string reason, Actor actor, CancellationToken cancellationToken)
    {
        RequireReason(reason);
        return database.RunAsync<IReadOnlyList<Adjustment>>(tenant, async context =>
        {
            await Bills.LockAsync(context, tenant, cancellationToken);
            var row = await Bills.Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(one => one.Id == bill, cancellationToken) ?? throw new TenancyException("There is no such bill.");
            if (row.EndedAt is not null) throw new TenancyException("This bill no longer counts: another version took its place, or it was withdrawn.");
            var planned = Plan(reconciled, causes, await Rows(context, tenant).AsNoTracking().Where(one => one.BillId == bill).ToListAsync(cancellationToken));
            if (planned.Count > MaxAccepted) throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"That is more than {MaxAccepted} adjustments at once: accept one cause after the other."));
            var (now, closed) = (clock.GetUtcNow(), await CloseMonths.ClosedAsync(context, tenant, cancellationToken));
            var added = planned.Select(line => new Adjustment
            {
                TenantId = tenant.Value,
                Id = Guid.NewGuid(),
                BillId = bill,
                Date = line.Date,
                BookedOn = closed.Contains(new DateOnly(line.Date.Year, line.Date.Month, 1)) ? Day(now) : line.Date,
                Provider = line.Provider,
                Model = line.Model,
                Meter = line.Meter,
                Cause = line.Cause,
                Words = line.Words,
                Amount = line.Amount,
                Reason = reason.Trim(),
                AcceptedAt = now,
                AcceptedBy = Bills.Short(actor.Name, BillConfiguration.MaxAuthor),
            }).ToList();
            if (added.Count == 0) return added;
            context.AddRange(added);
            await context.SaveChangesAsync(cancellationToken);
            var entry = new AuditEntry(actor, AuditActs.AdjustmentsAccepted, bill.ToString(), row.Name)
            {
                After = new { Lines = added.Count, Amount = added.Sum(line => line.Amount), Causes = causes.Select(Word) },
                Why = reason,
            };
            await AuditTrail.RecordAsync(context, entry, cancellationToken);
            return added;
        }, cancellationToken);
    }

    /// <summary>Adds the opposite. Null where there is no such adjustment, or it was taken back before.</summary>
    /// <exception cref="TenancyException">There is no reason.</exception>
    public Task<Adjustment?> WithdrawAsync(TenantId tenant, Guid id, string reason, Actor actor, CancellationToken cancellationToken)
    {
        RequireReason(reason);
        return database.RunAsync(tenant, async context =>
        {
            await Bills.LockAsync(context, tenant, cancellationToken);
            var row = await Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(one => one.Id == id && one.Reverses == null, cancellationToken);
            if (row is null || await Rows(context, tenant).AnyAsync(one => one.Reverses == id, cancellationToken)) return null;
            var opposite = await OppositeAsync(context, tenant, row, reason.Trim(), Bills.Short(actor.Name, BillConfiguration.MaxAuthor), clock.GetUtcNow(), cancellationToken);
            context.Add(opposite);
            await context.SaveChangesAsync(cancellationToken);
            var entry = new AuditEntry(actor, AuditActs.AdjustmentsWithdrawn, id.ToString(), row.Model.Length == 0 ? row.Words : row.Model) { Before = new { row.Date, row.Amount }, Why = reason };
            await AuditTrail.RecordAsync(context, entry, cancellationToken);
            return opposite;
        }, cancellationToken);
    }

    /// <summary>The API's word for a cause.</summary>
    public static string Word(ResidualCause? cause) => cause is { } named ? char.ToLowerInvariant(named.ToString()[0]) + named.ToString()[1..] : "unexplained";

    internal static IQueryable<Adjustment> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<Adjustment>().Where(row => row.TenantId == tenant.Value);

    internal static async Task<List<Adjustment>> InForceAsync(FinOpsDbContext context, TenantId tenant, Guid bill, CancellationToken cancellationToken)
    {
        var all = await Rows(context, tenant).AsNoTracking().Where(row => row.BillId == bill).ToListAsync(cancellationToken);
        var reversed = all.Where(row => row.Reverses is not null).Select(row => row.Reverses!.Value).ToHashSet();
        return all.FindAll(row => row.Reverses is null && !reversed.Contains(row.Id));
    }

    /// <summary>What was booked into an open month is taken back there; what stands in a closed one, today.</summary>
    internal static async Task<Adjustment> OppositeAsync(FinOpsDbContext context, TenantId tenant, Adjustment row, string why, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var closed = await CloseMonths.ClosedAsync(context, tenant, cancellationToken);
        return new Adjustment
        {
            TenantId = tenant.Value,
            Id = Guid.NewGuid(),
            BillId = row.BillId,
            Date = row.Date,
            BookedOn = closed.Contains(new DateOnly(row.BookedOn.Year, row.BookedOn.Month, 1)) ? Day(now) : row.BookedOn,
            Provider = row.Provider,
            Model = row.Model,
            Meter = row.Meter,
            Cause = row.Cause,
            Words = row.Words,
            Amount = -row.Amount,
            Reason = why,
            AcceptedAt = now,
            AcceptedBy = by,
            Reverses = row.Id,
        };
    }

    internal static DateOnly Day(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);

    private static void RequireReason(string reason)
    {
        if (reason.Trim().Length is 0 or > BillConfiguration.MaxReason) throw new TenancyException($"Say why, in 1 to {BillConfiguration.MaxReason} characters.");
    }
}
