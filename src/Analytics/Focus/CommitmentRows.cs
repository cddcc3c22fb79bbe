using System.Runtime.CompilerServices;
using FinOps.Analytics.Commitments;

namespace FinOps.Analytics.Focus;

/// <summary>What commitments left unused by the day on which it lapsed, and hours of provisioned throughput, with calls and without: what the page of commitments says is paid beside the calls.</summary>
internal sealed class CommitmentRows(CommitmentReader commitments) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.Commitments;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var range = question.Range;
        var uses = await commitments.UseAsync(question.Scope.Tenant, range, cancellationToken);
        foreach (var row in uses.SelectMany(use => FocusCommitments.RowsOf(use, range.From, range.To, account)).OrderBy(row => row.From)) yield return row;
    }
}
