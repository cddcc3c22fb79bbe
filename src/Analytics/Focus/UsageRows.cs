using System.Runtime.CompilerServices;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;

namespace FinOps.Analytics.Focus;

/// <summary>What calls used and cost, as they are now; together with corrections, a closed month as it was closed; together with commitments, with what drew on them.</summary>
internal sealed class UsageRows(LineReader lines, CloseMonths months, ClosedBook book, CommitmentReader commitments) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.Usage;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<ClosedMonth> closed = question.AsClosed ? await months.StandingAsync(question.Scope.Tenant, question.Range, cancellationToken) : [];
        var marks = question.TellsCommitments ? new FocusCommitmentMarks(await commitments.UseAsync(question.Scope.Tenant, question.Range, cancellationToken)) : FocusCommitmentMarks.None;
        foreach (var (range, close) in Stretches(question.Range, closed))
        {
            if (close is null)
            {
                await foreach (var line in lines.ReadAsync(new LineQuestion(question.Scope, range) { Period = question.Period, Tags = question.Tags }, cancellationToken))
                {
                    if (FocusUsage.RowOf(line, account) is not { } row) continue;
                    foreach (var part in marks.Mark(row, line.Provider, line.Model)) yield return part;
                }
            }
            else
            {
                await foreach (var line in book.LinesAsync(question.Scope.Tenant, close, range, areCorrections: false, cancellationToken))
                    foreach (var part in marks.Mark(FocusBooks.RowOf(line, question, account), line.Provider, line.Model)) yield return part;
            }
        }
    }

    /// <summary>The range cut where closed months begin and end, in the order of time.</summary>
    internal static IEnumerable<(TimeRange Range, ClosedMonth? Close)> Stretches(TimeRange range, IEnumerable<ClosedMonth> closed)
    {
        var from = range.From;
        foreach (var close in closed.OrderBy(close => close.Month))
        {
            var month = CloseMonths.RangeOf(close.Month);
            var (start, end) = (month.From > from ? month.From : from, month.To < range.To ? month.To : range.To);
            if (start >= end) continue;
            if (from < start) yield return (new TimeRange(from, start), null);
            yield return (new TimeRange(start, end), close);
            from = end;
        }

        if (from < range.To) yield return (new TimeRange(from, range.To), null);
    }
}
