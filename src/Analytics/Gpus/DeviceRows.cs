using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Gpus;

internal readonly record struct DeviceReadingRow(
    string Host, string Device, string Accelerator, string Slice, string Profile, DeviceSignal Signal, DateTimeOffset At, double Value);

/// <param name="Series">Tells counters apart that rise on their own: engines, workers, sources.</param>
internal readonly record struct ServedCounterRow(string Host, string Model, string Metric, string Series, CounterPoint Point);

/// <summary>Rows of samples as the domain takes them.</summary>
internal static class DeviceRows
{
    private const uint CellSeconds = DeviceTime.CellMinutes * 60;

    public static uint[] WithBefore(uint[] cells) => [.. cells.SelectMany(cell => (uint[])[cell, cell - CellSeconds]).Distinct()];

    public static DeviceSignal SignalOf(string metric) => metric switch
    {
        "gpu.utilization" => DeviceSignal.Utilization,
        "gpu.engine.active" => DeviceSignal.EngineActive,
        "gpu.memory.used" => DeviceSignal.MemoryUsedBytes,
        "gpu.memory.total" => DeviceSignal.MemoryTotalBytes,
        "gpu.power" => DeviceSignal.Watts,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "The statement asks for no such metric."),
    };

    /// <summary>Readings by device, in the order of time.</summary>
    public static List<DeviceReadings> ToDevices(List<DeviceReadingRow> rows) =>
        [.. rows.GroupBy(row => (row.Host, row.Device, row.Slice)).Select(device => new DeviceReadings(
            device.Key.Host, device.Key.Device, Told(device.Select(row => row.Accelerator)), device.Key.Slice, Told(device.Select(row => row.Profile)),
            [.. device.OrderBy(row => row.At).Select(row => new DeviceReading(row.Signal, row.At, row.Value))]))];

    /// <summary>What matters to one quarter hour.</summary>
    public static IEnumerable<DeviceReadings> Around(List<DeviceReadings> devices, DateTimeOffset cell)
    {
        var (from, until) = (cell.AddSeconds(-DeviceTime.HoldSeconds), cell.AddMinutes(DeviceTime.CellMinutes));
        foreach (var device in devices)
        {
            var readings = device.Readings.Where(reading => reading.At >= from && reading.At < until).ToList();
            if (readings.Count > 0) yield return device with { Readings = readings };
        }
    }

    /// <summary>How much each model's counters rose. Token counters go before the sums of histograms, which tell the same.</summary>
    public static List<ServedModel> ServedIn(List<ServedCounterRow> rows, DateTimeOffset cell)
    {
        var (from, until) = (cell.AddMinutes(-DeviceTime.CellMinutes), cell.AddMinutes(DeviceTime.CellMinutes));
        var served = new List<ServedModel>();
        foreach (var model in rows.Where(row => row.Point.At >= from && row.Point.At < until).GroupBy(row => (row.Host, row.Model)))
        {
            decimal Rise(string metric) => model.Where(row => row.Metric == metric).GroupBy(row => row.Series).Sum(series => CounterIncrease.In(series.Select(row => row.Point), cell));
            decimal Tokens(string counter, string histogram) => model.Any(row => row.Metric == counter) ? Rise(counter) : Rise(histogram);
            var one = new ServedModel(
                model.Key.Host, model.Key.Model, Rise("inference.request.prefill_time"), Rise("inference.request.decode_time"),
                Tokens("inference.tokens.prompt", "inference.request.prompt_tokens"), Tokens("inference.tokens.generated", "inference.request.generated_tokens"));
            if (one.HasWorked) served.Add(one);
        }

        return served;
    }

    /// <summary>Not every exporter tells it with every metric: the longest is the one that tells most.</summary>
    private static string Told(IEnumerable<string> names) => names.MaxBy(name => (name.Length, name)) ?? "";
}
