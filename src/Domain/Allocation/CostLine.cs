namespace FinOps.Domain.Allocation;

/// <summary>What the money of a line was spent on. Numbers are stored; never change them.</summary>
public enum CostLineKind
{
    Used = 0,

    /// <summary>Paid, and nothing ran.</summary>
    Idle = 1,

    /// <summary>Something ran, or may have run, and nothing tells for whom.</summary>
    Unallocated = 2,

    /// <summary>Spent on calls that failed or were interrupted, a spot machine's reclaim among them.</summary>
    Wasted = 3,
}

/// <summary>One part of a device's money in one quarter hour. The parts sum to the device's money in both bases.</summary>
/// <param name="UsageCost">USD where only time at work is charged, and idle stays a line of its own.</param>
/// <param name="AllocationCost">USD where the users of the quarter hour carry its idle time, too.</param>
/// <param name="IsEstimated">Split by <see cref="ServedModel.FallbackDecodeWeight"/>, because no times were told.</param>
public sealed record CostLine(
    string Host, string Device, CostLineKind Kind, string Model, string Feature, string Team, string Customer,
    decimal UsageCost, decimal AllocationCost, UnallocatedReason Reason, bool IsEstimated);
