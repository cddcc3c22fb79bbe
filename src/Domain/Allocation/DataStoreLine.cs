namespace FinOps.Domain.Allocation;

/// <summary>Why money of a vector database or bucket has no owner. Numbers are stored; never change them.</summary>
public enum DataStoreReason
{
    None = 0,

    /// <summary>The node is paid, and nothing tells which collections lie in it.</summary>
    NoCollections = 1,

    /// <summary>The database counted requests or units, and no span tells who made them.</summary>
    NoSpans = 2,

    /// <summary>Spans, or the bucket's readings, tell neither feature, team nor customer.</summary>
    NoOwner = 3,
}

/// <summary>One measured quantity, and what it cost.</summary>
/// <param name="Name">The collection or bucket; empty where the whole node is paid.</param>
/// <param name="Quantity">In the meter's own unit: hours, GB-hours, GB-months, units, operations, GB.</param>
/// <param name="Price">Null where none holds.</param>
/// <param name="Cost">USD; 0 without a price, where it stands for nothing.</param>
/// <param name="IsUnpriced">Its cost is unknown: no price holds, and nothing else that is priced pays for it.</param>
/// <param name="IsEstimated">Operations were counted, because the product told no units.</param>
public sealed record MeteredCost(
    DataStoreKind Kind, string System, string Host, string Name, string Tier, DataStoreMeter Meter, decimal Quantity, decimal? Price, decimal Cost, bool IsUnpriced, bool IsEstimated)
{
    /// <summary>Paid for the whole node, whatever collections lie in it.</summary>
    public bool IsOfNode => DataStoreMeters.IsOfNode(Meter) || (Meter == DataStoreMeter.DiskGigabyteMonths && Name.Length == 0);
}

/// <summary>One part of the money of a vector database or bucket in one quarter hour. The parts sum to what it cost in both bases.</summary>
/// <param name="UsageCost">USD where a collection that nobody asked stays a line of its own.</param>
/// <param name="AllocationCost">USD where those who used the database in the quarter hour carry its idle collections, too.</param>
/// <param name="IsEstimated">Split by something else than what is paid: by vectors instead of bytes, by operations instead of units, or by operations that name no collection.</param>
public sealed record DataStoreLine(
    DataStoreKind Store, string System, string Host, string Name, string Tier, CostLineKind Kind, DataOwner Owner, decimal UsageCost, decimal AllocationCost, DataStoreReason Reason, bool IsEstimated);
