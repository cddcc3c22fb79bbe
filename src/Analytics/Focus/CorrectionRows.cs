using System.Runtime.CompilerServices;
using FinOps.Analytics.Bills;

namespace FinOps.Analytics.Focus;

/// <summary>What changed in closed months, by the day that it was booked on: whoever asks for one month after the other gets each of them once.</summary>
internal sealed class CorrectionRows(CloseMonths months, ClosedBook book) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.Corrections;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var close in (await months.StandingAsync(question.Scope.Tenant, range: null, cancellationToken)).Where(close => close.Corrections != 0 || close.ComparedThrough is not null))
            await foreach (var line in book.LinesAsync(question.Scope.Tenant, close, question.Range, areCorrections: true, cancellationToken)) yield return FocusBooks.RowOf(line, question, account);
    }
}
