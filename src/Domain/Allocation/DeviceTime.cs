namespace FinOps.Domain.Allocation;

/// <summary>
/// From readings to seconds that a device worked, stood idle, or left unknown, in one quarter hour. A pure function of the set of readings: their order and repetition
/// do not matter, and a late one changes its own quarter hour and the next, no others.
/// </summary>
public static class DeviceTime
{
    public const int CellMinutes = 15;

    /// <summary>A reading holds until the next one of its signal, and no longer than this: whoever falls silent for more was away.</summary>
    public const int HoldSeconds = CellMinutes * 60;

    /// <summary>The part of a partitioned device that no slice has. It is paid, and idle.</summary>
    public const string Unpartitioned = "unpartitioned";

    private static readonly TimeSpan Cell = TimeSpan.FromMinutes(CellMinutes);

    public static bool IsCell(DateTimeOffset instant) => instant.UtcTicks % Cell.Ticks == 0;

    public static DateTimeOffset CellOf(DateTimeOffset instant) => new(instant.UtcTicks - instant.UtcTicks % Cell.Ticks, TimeSpan.Zero);

    /// <summary>All devices of one quarter hour; those of which nothing was read in it are left out.</summary>
    /// <param name="all">Readings from <see cref="HoldSeconds"/> before the cell until its end.</param>
    public static List<DeviceInterval> Measure(IEnumerable<DeviceReadings> all, DateTimeOffset cell)
    {
        var intervals = new List<DeviceInterval>();
        foreach (var device in all.GroupBy(readings => (readings.Host, readings.Device)).OrderBy(g => g.Key.Host, StringComparer.Ordinal).ThenBy(g => g.Key.Device, StringComparer.Ordinal))
        {
            var slices = device.Where(readings => readings.Slice.Length > 0).OrderBy(readings => readings.Slice, StringComparer.Ordinal).ToList();
            var measured = slices.Count > 0 ? MeasureSlices(slices, cell) : device.Select(readings => MeasureOne(readings, cell, 1));
            intervals.AddRange(measured.Where(interval => interval.ObservedSeconds > 0));
        }

        return intervals;
    }

    /// <summary>
    /// Slices share the device's price by what they take of it: the greater of their shares of compute (NVIDIA cuts seven) and of memory, for a slice that takes all memory leaves
    /// nothing to sell. What no slice takes is idle. Shares that come to more than the device in one of the two are a mistake of the telemetry: then nothing is attributed.
    /// </summary>
    private static List<DeviceInterval> MeasureSlices(List<DeviceReadings> slices, DateTimeOffset cell)
    {
        // Told of, though nothing was read of them in this quarter hour: no longer there.
        slices = slices.FindAll(slice => Holds(slice.Readings, cell).Sum(hold => hold.Seconds) > 0);
        if (slices.Count == 0) return [];
        var shares = slices.ConvertAll(slice => SliceShare.Parse(slice.SliceProfile, slice.Accelerator));
        if (shares.Contains(null) || shares.Sum(share => share!.Value.Compute) > 1 || shares.Sum(share => share!.Value.Memory) > 1)
            return slices.ConvertAll(slice => Unattributable(MeasureOne(slice, cell, 1m / slices.Count), UnallocatedReason.SliceNotAttributable));

        var taken = shares.Sum(share => share!.Value.Greater);
        var intervals = new List<DeviceInterval>();
        for (var i = 0; i < slices.Count; i++)
        {
            var interval = MeasureOne(slices[i], cell, taken > 1 ? shares[i]!.Value.Greater / taken : shares[i]!.Value.Greater);
            intervals.Add(slices[i].Readings.Any(reading => reading.Signal == DeviceSignal.EngineActive) ? interval : Unattributable(interval, UnallocatedReason.SliceNotAttributable));
        }

        if (taken < 1)
        {
            var longest = intervals.MaxBy(interval => interval.ObservedSeconds)!;
            intervals.Add(longest with { Slice = Unpartitioned, Share = 1 - taken, UsedSeconds = 0, UnknownSeconds = 0, Reason = UnallocatedReason.None, MemoryUsedBytes = 0, MemoryTotalBytes = 0, Watts = 0 });
        }

        return intervals;
    }

    private static DeviceInterval Unattributable(DeviceInterval interval, UnallocatedReason reason) =>
        interval with { UsedSeconds = 0, UnknownSeconds = interval.ObservedSeconds, Reason = reason };

    private static DeviceInterval MeasureOne(DeviceReadings device, DateTimeOffset cell, decimal share)
    {
        var observed = HeldLevels.Union(Holds(device.Readings, cell));
        var work = HoldsOf(DeviceSignal.EngineActive);
        if (work.Count == 0 && device.Slice.Length == 0) work = HoldsOf(DeviceSignal.Utilization);
        var known = work.Sum(hold => hold.Seconds);
        var used = work.Sum(hold => hold.Seconds * (decimal)Math.Clamp(hold.Value, 0, 1));
        return new DeviceInterval
        {
            Host = device.Host,
            Device = device.Device,
            Accelerator = device.Accelerator,
            Slice = device.Slice,
            Share = share,
            ObservedSeconds = observed,
            UsedSeconds = Math.Min(used, observed),
            UnknownSeconds = Math.Max(0, observed - known),
            Reason = known < observed ? UnallocatedReason.NoUtilisation : UnallocatedReason.None,
            MemoryUsedBytes = Mean(HoldsOf(DeviceSignal.MemoryUsedBytes)),
            MemoryTotalBytes = Mean(HoldsOf(DeviceSignal.MemoryTotalBytes)),
            Watts = Mean(HoldsOf(DeviceSignal.Watts)),
        };

        List<HeldLevel> HoldsOf(DeviceSignal signal) => Holds(device.Readings.Where(reading => reading.Signal == signal), cell);
    }

    /// <summary>The parts of the cell for which readings hold, each signal apart.</summary>
    private static List<HeldLevel> Holds(IEnumerable<DeviceReading> readings, DateTimeOffset cell) =>
        [.. readings.GroupBy(reading => reading.Signal).SelectMany(signal => HeldLevels.In(signal.Select(reading => (reading.At, reading.Value)), cell))];

    private static double Mean(List<HeldLevel> holds)
    {
        var seconds = holds.Sum(hold => (double)hold.Seconds);
        return seconds > 0 ? holds.Sum(hold => (double)hold.Seconds * hold.Value) / seconds : 0;
    }
}
