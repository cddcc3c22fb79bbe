using System.Runtime.CompilerServices;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Focus;

/// <summary>Time of GPUs by device, price, and for whom it worked: money of what was used and of what was idle apart, as on the GPU page.</summary>
internal sealed class GpuRows(ClickHouseStore store) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.Gpus;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var length = question.Period == LinePeriod.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        await foreach (var line in store.StreamAsync(new GpuCharges(new GpuQuestion(question.Scope.Tenant, question.Range), (uint)length.TotalSeconds, question.Tags), cancellationToken))
            yield return FocusGpus.RowOf(line, length, question, account);
    }
}
