namespace FinOps.Domain.Allocation;

/// <summary>
/// Gives the money of nodes to collections by their measured size, and of collections to feature, team and customer by their operations. A pure function of sets: order does not matter.
/// The parts sum to the money to the last digit, in both bases (docs/vectors.md).
/// </summary>
public static class DataStoreAllocation
{
    public static List<DataStoreLine> Split(DataStoreUsage store, IEnumerable<MeteredCost> costs, IEnumerable<DataStoreCalls> calls)
    {
        var mine = costs.Where(cost => cost.Price is not null && cost.Kind == store.Kind && cost.System == store.System && cost.Host == store.Host).ToList();
        var operations = DataStoreCalls.InOrder(calls.Where(call => call.System == store.System && store.Kind == DataStoreKind.VectorDatabase)).ToList();
        var lines = new List<DataStoreLine>();
        var (node, parts) = (mine.Where(cost => cost.IsOfNode).Sum(cost => cost.Cost), store.Parts);
        var (weights, guessed) = WeightsOf(parts, operations);
        var shares = ExactShares.Split(node, weights);
        if (node > 0 && shares.Sum() == 0) lines.Add(Line(store, new DataStorePart("", ""), CostLineKind.Unallocated, DataOwner.None, node, DataStoreReason.NoCollections, false));
        for (var i = 0; i < parts.Count; i++)
        {
            var own = mine.FindAll(cost => cost.Name == parts[i].Name && cost.Tier == parts[i].Tier && !cost.IsOfNode);
            AddPart(lines, store, parts[i], shares[i], guessed && shares[i] > 0, own, operations);
        }

        return Carry(Together(lines));
    }

    /// <summary>Sizes that can be compared: what all collections with any size tell. Bytes go before vectors, which say nothing of their dimension; without any size, operations are all there is.</summary>
    private static (List<decimal> Weights, bool IsGuess) WeightsOf(IReadOnlyList<DataStorePart> parts, List<DataStoreCalls> operations)
    {
        var there = parts.Where(part => part.MemoryBytes > 0 || part.DiskBytes > 0 || part.Vectors > 0).ToList();
        if (there.Count == 0) return ([.. parts.Select(part => operations.Where(call => call.Collection == part.Name).Sum(call => (decimal)call.Operations))], true);
        if (there.TrueForAll(part => part.MemoryBytes > 0)) return ([.. parts.Select(part => part.MemoryBytes)], false);
        if (there.TrueForAll(part => part.DiskBytes > 0)) return ([.. parts.Select(part => part.DiskBytes)], false);
        return ([.. parts.Select(part => part.Vectors)], true);
    }

    private static void AddPart(List<DataStoreLine> lines, DataStoreUsage store, DataStorePart part, decimal node, bool estimated, List<MeteredCost> costs, List<DataStoreCalls> operations)
    {
        var named = operations.FindAll(call => call.Collection == part.Name);
        var unnamed = named.Count == 0;
        // Spans of some instrumentations name no collection: then they stand for each that no span names.
        var asked = unnamed ? operations.FindAll(call => call.Collection.Length == 0) : named;
        var kept = costs.Where(cost => cost.Meter is DataStoreMeter.DiskGigabyteMonths or DataStoreMeter.StorageGigabyteMonths or DataStoreMeter.StorageReads or DataStoreMeter.StorageWrites or DataStoreMeter.EgressGigabytes).Sum(cost => cost.Cost);
        var (read, written) = (Of(DataStoreMeter.ReadUnits), Of(DataStoreMeter.WriteUnits));
        AddMoney(node + kept, call => call.Operations, estimated, isHeld: true);
        // The same measure for all: units where every reader tells them, else operations.
        var inUnits = asked.TrueForAll(call => call.Reads == 0 || call.ReadUnits > 0);
        AddMoney(read.Sum(cost => cost.Cost), call => inUnits ? call.ReadUnits : call.Reads, !inUnits || read.Exists(cost => cost.IsEstimated), isHeld: false);
        AddMoney(written.Sum(cost => cost.Cost), call => call.Writes, isEstimated: true, isHeld: false);

        List<MeteredCost> Of(DataStoreMeter meter) => costs.FindAll(cost => cost.Meter == meter);

        void AddMoney(decimal money, Func<DataStoreCalls, decimal> weight, bool isEstimated, bool isHeld)
        {
            if (money == 0) return;
            var shares = ExactShares.Split(money, asked.ConvertAll(call => weight(call)));
            for (var i = 0; i < asked.Count; i++)
            {
                if (shares[i] == 0) continue;
                var (call, guessed) = (asked[i], isEstimated || unnamed);
                var lost = ExactShares.Split(shares[i], [Math.Min(call.Failed, call.Operations), call.Operations - Math.Min(call.Failed, call.Operations)])[0];
                var owner = call.Owner.IsKnown ? call.Owner : part.Owner;
                Add(owner, CostLineKind.Wasted, lost, guessed);
                Add(owner, CostLineKind.Used, shares[i] - lost, guessed);
            }

            if (shares.Sum() > 0) return;
            if (part.Owner.IsKnown) Add(part.Owner, CostLineKind.Used, money, isEstimated);
            else if (store.Kind == DataStoreKind.Bucket) lines.Add(Line(store, part, CostLineKind.Unallocated, DataOwner.None, money, DataStoreReason.NoOwner, isEstimated));
            else if (!isHeld || store.Requests > 0 || part.ReadUnits > 0 || part.WriteUnits > 0) lines.Add(Line(store, part, CostLineKind.Unallocated, DataOwner.None, money, DataStoreReason.NoSpans, isEstimated));
            else lines.Add(Line(store, part, CostLineKind.Idle, DataOwner.None, money, DataStoreReason.None, isEstimated));
        }

        void Add(DataOwner owner, CostLineKind kind, decimal cost, bool isEstimated)
        {
            if (cost == 0) return;
            lines.Add(owner.IsKnown ? Line(store, part, kind, owner, cost, DataStoreReason.None, isEstimated) : Line(store, part, CostLineKind.Unallocated, DataOwner.None, cost, DataStoreReason.NoOwner, isEstimated));
        }
    }

    private static List<DataStoreLine> Together(List<DataStoreLine> lines) =>
        [.. lines.GroupBy(line => (line.Name, line.Tier, line.Kind, line.Owner, line.Reason)).Select(same => same.First() with
        {
            UsageCost = same.Sum(line => line.UsageCost),
            IsEstimated = same.Any(line => line.IsEstimated),
        })];

    /// <summary>Whoever used the store in the quarter hour carries its idle collections by their share; where nobody did, they stay idle in this basis, too.</summary>
    private static List<DataStoreLine> Carry(List<DataStoreLine> lines)
    {
        var users = lines.FindAll(line => line.Kind != CostLineKind.Idle);
        var carried = ExactShares.Split(lines.Sum(line => line.UsageCost), users.ConvertAll(line => line.UsageCost));
        var at = 0;
        return lines.ConvertAll(line => line with { AllocationCost = users.Count == 0 ? line.UsageCost : line.Kind == CostLineKind.Idle ? 0 : carried[at++] });
    }

    private static DataStoreLine Line(DataStoreUsage store, DataStorePart part, CostLineKind kind, DataOwner owner, decimal cost, DataStoreReason reason, bool estimated) =>
        new(store.Kind, store.System, store.Host, part.Name, part.Tier, kind, owner, cost, 0, reason, estimated);
}
