using FinOps.Analytics.Prices;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Bills;

/// <summary>A bill beside our figures, with what was accepted of the difference.</summary>
public sealed record BillDossier(Bill Bill, ReconciledBill Reconciled, IReadOnlyList<Adjustment> Adjustments);

/// <summary>Puts a bill beside our figures as they are now: late calls, new prices and mappings change what comes out.</summary>
public sealed class ReconcileBill
{
    private readonly FinOpsDatabase _database;
    private readonly ReadOurLines _ours;
    private readonly Adjustments _adjustments;
    private readonly TimeProvider _clock;

    internal ReconcileBill(FinOpsDatabase database, ReadOurLines ours, Adjustments adjustments, TimeProvider clock) => (_database, _ours, _adjustments, _clock) = (database, ours, adjustments, clock);

    /// <summary>Null where there is no such bill.</summary>
    /// <exception cref="TenancyException">There is more of ours in its time than is compared at once.</exception>
    public async Task<BillDossier?> OpenAsync(TenantId tenant, Guid id, CancellationToken cancellationToken)
    {
        var stored = await _database.RunAsync(tenant, async context =>
        {
            var bill = await Bills.Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken);
            if (bill is null) return default;
            var lines = await context.Set<RecordedBillLine>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.BillId == id).OrderBy(row => row.Number).ToListAsync(cancellationToken);
            var words = await context.Set<SkuMapping>().AsNoTracking().Where(row => row.TenantId == tenant.Value).ToListAsync(cancellationToken);
            return (Bill: bill, Lines: lines.ConvertAll(line => line.ToLine()), Words: words);
        }, cancellationToken);
        if (stored.Bill is not { } found) return null;
        var reconciled = await CompareAsync(tenant, stored.Lines, stored.Words, cancellationToken);
        await NoteAsync(tenant, found, reconciled, cancellationToken);
        return new BillDossier(found, reconciled, await _adjustments.OfBillAsync(tenant, id, cancellationToken));
    }

    private async Task<ReconciledBill> CompareAsync(TenantId tenant, List<BillLine> lines, List<SkuMapping> words, CancellationToken cancellationToken)
    {
        var around = TimeSpan.FromHours(Reconciliation.MaxShiftHours);
        var range = new TimeRange(lines.Min(line => line.From) - around, lines.Max(line => line.To) + around);
        var (ours, leftOut) = await _ours.ReadAsync(tenant, range, cancellationToken);
        var names = ours.Select(line => line.Model).Concat(leftOut.Select(line => line.Model)).Concat(PublicCatalogue.Shipped.Catalogue.Rows.Select(row => row.Model));
        var rules = new SkuRules(names.Distinct(StringComparer.Ordinal));
        var mapped = words.ToDictionary(word => (word.Provider, word.Words), word => new SkuReading(word.Model, word.Meter, word.Tier, word.Batch));
        return Reconciliation.Of(lines, line => mapped.TryGetValue((line.Provider, line.Words), out var meaning) ? meaning : rules.Read(line), ours, leftOut);
    }

    /// <summary>For the list of bills.</summary>
    private Task<int> NoteAsync(TenantId tenant, Bill bill, ReconciledBill reconciled, CancellationToken cancellationToken)
    {
        (bill.ReconciledAt, bill.Ours, bill.Rest) = (_clock.GetUtcNow(), reconciled.Ours, reconciled.Rest);
        return _database.RunAsync(tenant, context => Bills.Rows(context, tenant).Where(row => row.Id == bill.Id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.ReconciledAt, bill.ReconciledAt).SetProperty(row => row.Ours, bill.Ours).SetProperty(row => row.Rest, bill.Rest), cancellationToken), cancellationToken);
    }
}
