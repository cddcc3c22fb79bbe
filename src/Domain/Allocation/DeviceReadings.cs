namespace FinOps.Domain.Allocation;

/// <summary>What is read of a device, under one set of names (docs/telemetry.md tells which metric is which).</summary>
public enum DeviceSignal
{
    /// <summary>Share of time in which a kernel ran; of a MIG slice it says nothing (dcgm-exporter#216).</summary>
    Utilization,

    /// <summary>Share of time in which the graphics or compute engine worked (<c>DCGM_FI_PROF_GR_ENGINE_ACTIVE</c>): holds for slices, too.</summary>
    EngineActive,
    MemoryUsedBytes,
    MemoryTotalBytes,
    Watts,
}

/// <summary>One reading of a level; it holds until the next, <see cref="DeviceTime.HoldSeconds"/> at most.</summary>
public readonly record struct DeviceReading(DeviceSignal Signal, DateTimeOffset At, double Value);

/// <param name="Device">The driver's id, or the index on the host.</param>
/// <param name="Slice">MIG: the id of the slice; empty for a whole device.</param>
/// <param name="SliceProfile">MIG: what the slice has, such as <c>1g.10gb</c>; empty where it is not told.</param>
public sealed record DeviceReadings(string Host, string Device, string Accelerator, string Slice, string SliceProfile, IReadOnlyList<DeviceReading> Readings);
