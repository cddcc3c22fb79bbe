using System.Runtime.CompilerServices;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Vectors;

namespace FinOps.Analytics.Focus;

/// <summary>Vector databases and buckets by place, meter, price and for whom they worked, as on the page <i>Vectors &amp; storage</i>.</summary>
internal sealed class DataStoreChargeRows(ClickHouseStore store) : IFocusRows
{
    public FocusRowKind Kind => FocusRowKind.DataStores;

    public async IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var length = question.Period == LinePeriod.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        // One place in one period at a time: nothing else has to be held.
        var place = new List<DataStoreCharge>();
        await foreach (var charge in store.StreamAsync(new DataStoreCharges(new VectorQuestion(question.Scope.Tenant, question.Range), (uint)length.TotalSeconds, question.Tags), cancellationToken))
        {
            if (place.Count > 0 && place[0].Place != charge.Place)
            {
                foreach (var row in FocusDataStores.RowsOf(place, length, question, account)) yield return row;
                place.Clear();
            }

            place.Add(charge);
        }

        foreach (var row in FocusDataStores.RowsOf(place, length, question, account)) yield return row;
    }
}
