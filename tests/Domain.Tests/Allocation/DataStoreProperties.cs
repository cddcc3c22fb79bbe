using CsCheck;
using FinOps.Domain.Allocation;

namespace FinOps.Domain.Tests.Allocation;

public sealed class DataStoreProperties
{
    private static readonly DateTimeOffset Cell = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Split_AnyStoresPricesAndOperations_SumsToTheBillInBothBasesInAnyOrder() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var readings = Enumerable.Range(0, random.Next(0, 40)).Select(_ => Reading(random)).ToArray();
            // What one owner told of one collection comes as one row.
            var calls = Enumerable.Range(0, random.Next(0, 9)).Select(_ => Calls(random)).DistinctBy(call => (call.System, call.Collection, call.Owner)).ToArray();
            var prices = Enum.GetValues<DataStoreMeter>().Where(_ => random.Next(3) > 0).Select(meter => new DataStorePrice
            {
                System = "s" + random.Next(2),
                Places = random.Next(2) == 0 ? "*" : "n1",
                Tier = DataStoreMeters.KindOf(meter) == DataStoreKind.Bucket ? "*" : "",
                Meter = meter,
                Price = random.Next(0, 1000) / 7m,
                ValidFrom = DateTimeOffset.UnixEpoch,
            }).ToArray();
            var (costs, lines) = Run(readings, calls, prices);
            random.Shuffle(readings);
            random.Shuffle(calls);
            random.Shuffle(prices);
            var (costsAgain, linesAgain) = Run([.. readings, .. readings.Where(_ => random.Next(2) == 0)], calls, prices);
            var money = costs.Sum(cost => cost.Cost);
            return lines.Sum(line => line.UsageCost) == money && lines.Sum(line => line.AllocationCost) == money
                && lines.TrueForAll(line => line is { UsageCost: >= 0, AllocationCost: >= 0 } && ExactShares.Round(line.UsageCost) == line.UsageCost)
                && costs.TrueForAll(cost => (cost.Price is not null || cost.Cost == 0) && !(cost.IsUnpriced && cost.Price is not null))
                && costs.SequenceEqual(costsAgain) && lines.SequenceEqual(linesAgain);
        }, iter: 2000);

    private static (List<MeteredCost> Costs, List<DataStoreLine> Lines) Run(DataStoreReading[] readings, DataStoreCalls[] calls, DataStorePrice[] prices)
    {
        var stores = DataStoreRating.WithOperations(DataStoreTime.Measure(readings, Cell), calls);
        var costs = DataStoreRating.Rate(stores, calls, new DataStorePriceBook(prices), Cell);
        return (costs, [.. stores.SelectMany(store => DataStoreAllocation.Split(store, costs, calls))]);
    }

    private static DataStoreReading Reading(Random random)
    {
        var bucket = random.Next(4) == 0;
        var name = bucket || random.Next(3) > 0 ? "n" + random.Next(3) : "";
        return new DataStoreReading(
            bucket ? DataStoreKind.Bucket : DataStoreKind.VectorDatabase, "s" + random.Next(2), bucket ? "" : "h" + random.Next(2), name, bucket ? "t" + random.Next(2) : "",
            (DataStoreSignal)random.Next(11), "x" + random.Next(2), random.Next(3) == 0 ? new DataOwner("f" + random.Next(2), "", "") : DataOwner.None,
            new CounterPoint(Cell.AddSeconds(random.Next(-900, 1000)), Cell.AddSeconds(random.Next(-2000, 0)), random.NextDouble() * 1e12, random.Next(5) == 0));
    }

    private static DataStoreCalls Calls(Random random)
    {
        var (reads, writes) = (random.Next(0, 50), random.Next(0, 20));
        return new DataStoreCalls(
            "s" + random.Next(3), random.Next(4) == 0 ? "" : "n" + random.Next(4), random.Next(4) == 0 ? DataOwner.None : new DataOwner("f" + random.Next(3), "t", "c" + random.Next(2)),
            reads, writes, random.Next(2) == 0 ? 0 : random.Next(0, 500) / 3m, random.Next(0, reads + writes + 1));
    }
}
