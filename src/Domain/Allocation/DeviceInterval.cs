namespace FinOps.Domain.Allocation;

/// <summary>A device, or a slice of one, in one quarter hour.</summary>
public sealed record DeviceInterval
{
    public required string Host { get; init; }
    public required string Device { get; init; }
    public required string Accelerator { get; init; }

    /// <summary>MIG: the slice; <see cref="DeviceTime.Unpartitioned"/> for what no slice has; empty for a whole device.</summary>
    public string Slice { get; init; } = "";

    /// <summary>Of the device's price: 1 for a whole one.</summary>
    public decimal Share { get; init; } = 1;

    /// <summary>In which anything was read of it: this time is paid for.</summary>
    public required decimal ObservedSeconds { get; init; }

    /// <summary>Of these, the seconds in which it worked: time × utilisation.</summary>
    public required decimal UsedSeconds { get; init; }

    /// <summary>Of these, the seconds for which nothing tells how much it worked.</summary>
    public decimal UnknownSeconds { get; init; }

    public decimal IdleSeconds => ObservedSeconds - UsedSeconds - UnknownSeconds;

    /// <summary>Why <see cref="UnknownSeconds"/> are not told apart.</summary>
    public UnallocatedReason Reason { get; init; }

    /// <summary>Means over the time in which they were read; NaN never, 0 where nothing was.</summary>
    public double MemoryUsedBytes { get; init; }
    public double MemoryTotalBytes { get; init; }
    public double Watts { get; init; }
}
