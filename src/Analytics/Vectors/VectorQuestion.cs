using FinOps.Analytics.Spend;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Vectors;

/// <summary>What vector databases and buckets did and cost in a range, of a whole organisation: what is shared is nobody's alone.</summary>
public sealed record VectorQuestion(TenantId Tenant, TimeRange Range)
{
    /// <summary>Measured quantities of an answer, those that cost most first.</summary>
    public const int MaxMeters = 1_000;

    /// <summary>Collections and tiers of an answer, the largest first.</summary>
    public const int MaxParts = 500;

    /// <summary>Periods of a size's course.</summary>
    public const int MaxPeriods = 60;

    /// <summary>Rows of an answer about costs.</summary>
    public const int MaxCostRows = 10_000;
}

/// <summary>By what costs are told apart. Each is a column of <c>data_store_costs</c>.</summary>
public enum VectorDimension
{
    Feature,
    Team,
    Customer,

    /// <summary>Collection or bucket.</summary>
    Name,
    System,
}

/// <summary>One measured quantity over the range.</summary>
public sealed record StoreMeter
{
    public required DataStoreKind Store { get; init; }
    public required string System { get; init; }
    public required string Host { get; init; }

    /// <summary>Collection or bucket; empty where a whole node is paid.</summary>
    public required string Name { get; init; }
    public required string Tier { get; init; }
    public required DataStoreMeter Meter { get; init; }

    /// <summary>In the meter's own unit.</summary>
    public required double Quantity { get; init; }

    /// <summary>Of the quantity, that of which the cost is unknown.</summary>
    public required double UnpricedQuantity { get; init; }

    /// <summary>Of the latest quarter hour; null where none held, or something else pays for it.</summary>
    public required decimal? Price { get; init; }
    public required decimal Cost { get; init; }
    public required bool IsEstimated { get; init; }
    public bool IsUnpriced => UnpricedQuantity > 0;
}

/// <summary>One collection, or one tier of a bucket, over the range; sizes are means over the quarter hours in which it was there.</summary>
public sealed record StorePart(DataStoreKind Store, string System, string Name, string Tier, double MemoryBytes, double DiskBytes, double Vectors, long Reads, long Writes, long Failed, decimal Cost);

/// <summary>Size of one part in one period: bytes where they are told, else vectors.</summary>
public sealed record StorePeriod(DataStoreKind Store, string System, string Name, string Tier, DateTimeOffset Start, double Size);

/// <summary>Money of one kind and group, in both bases.</summary>
public sealed record StoreCost(CostLineKind Kind, string Group, DataStoreReason Reason, bool IsEstimated, decimal UsageCost, decimal AllocationCost);

/// <param name="Meters">Those that cost most first.</param>
/// <param name="RatedUntil">Up to where quarter hours are rated; null where none is.</param>
/// <param name="Truncated">There are more than <see cref="VectorQuestion.MaxMeters"/>.</param>
public sealed record VectorAnswer(IReadOnlyList<StoreMeter> Meters, DateTimeOffset? RatedUntil, bool Truncated)
{
    public decimal Cost => Meters.Sum(meter => meter.Cost);

    public decimal CostOf(DataStoreKind store) => Meters.Where(meter => meter.Store == store).Sum(meter => meter.Cost);

    public int Unpriced => Meters.Count(meter => meter.IsUnpriced);
}

/// <param name="Rows">The most expensive first, by usage.</param>
public sealed record VectorCostsAnswer(IReadOnlyList<StoreCost> Rows, bool Truncated)
{
    public decimal Total => Rows.Sum(row => row.UsageCost);
    public decimal Idle => Rows.Where(row => row.Kind == CostLineKind.Idle).Sum(row => row.UsageCost);

    /// <summary>Of the money that was not idle, the share that has an owner: feature, team or customer; null where there is none.</summary>
    public decimal? Coverage => Total - Idle is > 0 and var busy
        ? Rows.Where(row => row.Kind is CostLineKind.Used or CostLineKind.Wasted).Sum(row => row.UsageCost) / busy
        : null;
}
