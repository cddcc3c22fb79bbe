namespace FinOps.Analytics.Spend;

/// <summary>Cells that are rebuilt together: as many as memory and one statement are to bear.</summary>
internal static class CellBatches
{
    /// <summary>In their order; a single cell beyond <paramref name="mostChanges"/> is a batch of its own.</summary>
    public static IEnumerable<List<T>> Of<T>(IEnumerable<T> cells, Func<T, ulong> changes, int mostCells, long mostChanges)
    {
        var (batch, sum) = (new List<T>(), 0UL);
        foreach (var cell in cells)
        {
            var more = changes(cell);
            if (batch.Count > 0 && (batch.Count >= mostCells || sum + more > (ulong)mostChanges))
            {
                yield return batch;
                (batch, sum) = ([], 0);
            }

            batch.Add(cell);
            sum += more;
        }

        if (batch.Count > 0) yield return batch;
    }
}
