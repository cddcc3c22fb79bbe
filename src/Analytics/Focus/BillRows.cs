using System.Runtime.CompilerServices;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Focus;

/// <summary>Accepted adjustments of the UTC days that a range touches, each with its opposite where it was taken back: the same that the cost API sums.</summary>
internal sealed class AdjustmentRows(Adjustments adjustments) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.Adjustments;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (tenant, range) = (question.Scope.Tenant, question.Range);
        await foreach (var adjustment in adjustments.ReadAsync(tenant, Adjustments.Day(range.From), Adjustments.Day(range.To.AddTicks(-1)).AddDays(1), cancellationToken))
            yield return FocusBooks.RowOf(adjustment, account);
    }
}

/// <summary>Lines that begin in the range, of the bills that count: what was replaced or withdrawn is in no file.</summary>
internal sealed class BilledRows(FinOpsDatabase database) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.Billed;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (tenant, from, to) = (question.Scope.Tenant, question.Range.From.ToUniversalTime(), question.Range.To.ToUniversalTime());
        var bills = await database.RunAsync(tenant, context => Bills.Bills.Rows(context, tenant).AsNoTracking().Where(row => row.EndedAt == null && row.FromAt < to && row.ToAt > from)
            .OrderBy(row => row.FromAt).ThenBy(row => row.Id).Select(row => row.Id).ToListAsync(cancellationToken), cancellationToken);
        // One bill at a time: each has its own limit of lines.
        foreach (var bill in bills)
        {
            var lines = await database.RunAsync(tenant, context => context.Set<RecordedBillLine>().AsNoTracking()
                .Where(row => row.TenantId == tenant.Value && row.BillId == bill && row.FromAt >= from && row.FromAt < to).OrderBy(row => row.FromAt).ThenBy(row => row.Number).ToListAsync(cancellationToken), cancellationToken);
            foreach (var line in lines) yield return FocusBooks.RowOf(line.ToLine(), bill, account);
        }
    }
}
