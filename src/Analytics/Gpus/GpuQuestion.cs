using FinOps.Analytics.Spend;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Gpus;

/// <summary>What GPUs did and cost in a range, of a whole organisation: hardware is nobody's alone.</summary>
public sealed record GpuQuestion(TenantId Tenant, TimeRange Range)
{
    /// <summary>Devices of an answer, those that cost most first.</summary>
    public const int MaxDevices = 500;

    /// <summary>Periods of a device's course; a period is the smallest whole number of quarter hours that keeps to it.</summary>
    public const int MaxPeriods = 168;

    /// <summary>Rows of an answer about costs.</summary>
    public const int MaxCostRows = 10_000;
}

/// <summary>By what costs are told apart. Each is a column of <c>device_costs</c>.</summary>
public enum GpuDimension
{
    Model,
    Feature,
    Team,
    Customer,
    Host,
}

/// <summary>One device, or one slice, over the range.</summary>
public sealed record GpuDevice
{
    public required string Host { get; init; }
    public required string Device { get; init; }
    public required string Slice { get; init; }
    public required string Accelerator { get; init; }
    public required double ObservedHours { get; init; }
    public required double UsedHours { get; init; }
    public required double UnknownHours { get; init; }

    /// <summary>Of the observed hours, those for which no price held: their cost is unknown.</summary>
    public required double UnpricedHours { get; init; }
    public required double MemoryUsedBytes { get; init; }

    /// <summary>0 where it is not told.</summary>
    public required double MemoryTotalBytes { get; init; }
    public required double Watts { get; init; }

    /// <summary>Of the latest quarter hour; null without a price.</summary>
    public required decimal? PricePerHour { get; init; }
    public required PurchaseKind Purchase { get; init; }
    public required string Provider { get; init; }
    public required decimal Cost { get; init; }
    public required decimal IdleCost { get; init; }

    /// <summary>0 to 1 of the time of which it is known; null where it never was.</summary>
    public double? Utilisation => ObservedHours - UnknownHours is > 0 and var known ? UsedHours / known : null;
    public bool IsUnpriced => PricePerHour is null;
}

/// <summary>One device in one period.</summary>
public sealed record GpuPeriod(string Host, string Device, string Slice, DateTimeOffset Start, double? Utilisation, double MemoryUsedBytes, double Watts, decimal Cost);

/// <summary>Money of one kind and group, in both bases.</summary>
public sealed record GpuCost(CostLineKind Kind, string Group, UnallocatedReason Reason, bool IsEstimated, decimal UsageCost, decimal AllocationCost);

/// <summary>A model that the organisation's own servers answer with.</summary>
public sealed record GpuModel(string Model, double PrefillSeconds, double DecodeSeconds, double PromptTokens, double GeneratedTokens)
{
    public decimal UsageCost { get; init; }
    public decimal AllocationCost { get; init; }
    public bool IsEstimated { get; init; }
    public double Tokens => PromptTokens + GeneratedTokens;

    /// <summary>USD per million tokens, read and written together; null without tokens.</summary>
    public decimal? UsagePerMillion => Tokens >= 1 ? UsageCost / (decimal)Tokens * 1_000_000 : null;
    public decimal? AllocationPerMillion => Tokens >= 1 ? AllocationCost / (decimal)Tokens * 1_000_000 : null;
}

/// <param name="Devices">Those that cost most first.</param>
/// <param name="RatedUntil">Up to where quarter hours are rated; null where none is.</param>
/// <param name="Truncated">There are more than <see cref="GpuQuestion.MaxDevices"/>.</param>
public sealed record GpuAnswer(IReadOnlyList<GpuDevice> Devices, DateTimeOffset? RatedUntil, bool Truncated)
{
    public decimal Cost => Devices.Sum(device => device.Cost);
    public decimal IdleCost => Devices.Sum(device => device.IdleCost);
    public double UnpricedHours => Devices.Sum(device => device.UnpricedHours);
    public double? Utilisation => Devices.Sum(device => device.ObservedHours - device.UnknownHours) is > 0 and var known ? Devices.Sum(device => device.UsedHours) / known : null;
}

/// <param name="Rows">The most expensive first, by usage.</param>
public sealed record GpuCostsAnswer(IReadOnlyList<GpuCost> Rows, bool Truncated)
{
    public decimal Total => Rows.Sum(row => row.UsageCost);

    /// <summary>Of the money that was not idle, the share that has an owner: feature, team or customer; null where there is none.</summary>
    public decimal? Coverage => Rows.Where(row => row.Kind != CostLineKind.Idle).Sum(row => row.UsageCost) is > 0 and var busy
        ? Rows.Where(row => row.Kind is CostLineKind.Used or CostLineKind.Wasted && row.Reason == UnallocatedReason.None).Sum(row => row.UsageCost) / busy
        : null;
}
