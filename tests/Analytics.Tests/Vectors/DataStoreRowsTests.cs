using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Tests.Vectors;

public sealed class DataStoreRowsTests
{
    private static readonly DateTimeOffset Cell = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    /// <summary>What is beyond a limit stays in the sums, as one.</summary>
    [Fact]
    public void Bound_MoreCollectionsAndOwnersThanAllowed_PutsTheRestTogetherAndLosesNothing()
    {
        List<DataStoreReading> readings = [Reading("a", 1), Reading("a", 2), Reading("b", 3), Reading("c", 4)];
        List<DataStoreCalls> calls = [Calls("a", "f1", 5), Calls("a", "f2", 3), Calls("a", "f3", 2), Calls("b", "f1", 1), Calls("c", "f1", 7)];

        var (told, asked) = DataStoreRows.Bound(readings, calls, new VectorOptions { MaxParts = 1, MaxOwnersPerCollection = 1 });

        Assert.Equal(["(other)", "(other)", "a", "a"], told.Select(reading => reading.Name).Order(StringComparer.Ordinal));
        // Levels of the collections that were put together add up: they are series of their own.
        Assert.Equal(7m, DataStoreTime.Measure(told, Cell).Single().Parts.Single(part => part.Name == "(other)").Vectors);
        Assert.Equal(
            [("(other)", "f1", 8L), ("a", "(other)", 5L), ("a", "f1", 5L)],
            asked.Select(call => (call.Collection, call.Owner.Feature, call.Operations)).OrderBy(call => call.Collection, StringComparer.Ordinal).ThenBy(call => call.Feature, StringComparer.Ordinal));
    }

    [Fact]
    public void ToCalls_OperationsOfAllNames_BecomeReadsAndWritesByOwner()
    {
        DataStoreOperationRow[] rows = [Row("search", 4, 1), Row("query", 2, 0), Row("upsert", 3, 1)];
        var one = Assert.Single(DataStoreRows.ToCalls(rows));
        Assert.Equal((6L, 3L, 2L, 1.5m), (one.Reads, one.Writes, one.Failed, one.ReadUnits));

        static DataStoreOperationRow Row(string operation, long count, long failed) => new(0, "qdrant", "a", operation, new DataOwner("f", "", ""), count, 0.5m, failed);
    }

    private static DataStoreReading Reading(string collection, double value) => new(
        DataStoreKind.VectorDatabase, "qdrant", "q-0", collection, "", DataStoreSignal.Vectors, "points" + value, DataOwner.None, new CounterPoint(Cell, Cell, value, false));

    private static DataStoreCalls Calls(string collection, string feature, long reads) => new("qdrant", collection, new DataOwner(feature, "", ""), reads, 0, 0, 0);
}
