namespace FinOps.Domain.Allocation;

/// <summary>What a reading of a vector database or bucket tells.</summary>
public enum DataStoreSignal
{
    /// <summary>Anything else: it is there.</summary>
    Seen = 0,

    // Levels.
    MemoryBytes = 1,
    DiskBytes = 2,
    Vectors = 3,
    StorageBytes = 4,

    // Counters.
    Requests = 5,
    ReadUnits = 6,
    WriteUnits = 7,
    StorageReads = 8,
    StorageWrites = 9,
    EgressBytes = 10,
}

/// <summary>Whose something is, where it is told; empty texts where not.</summary>
public readonly record struct DataOwner(string Feature, string Team, string Customer)
{
    public static DataOwner None => new("", "", "");

    public bool IsKnown => Feature.Length > 0 || Team.Length > 0 || Customer.Length > 0;
}

/// <summary>One reading.</summary>
/// <param name="Name">The collection or bucket; empty where it is of the whole node.</param>
/// <param name="Series">Tells levels and counters apart that stand beside each other: shards, exporters, kinds of requests.</param>
/// <param name="Owner">Told with the reading.</param>
public readonly record struct DataStoreReading(
    DataStoreKind Kind, string System, string Host, string Name, string Tier, DataStoreSignal Signal, string Series, DataOwner Owner, CounterPoint Point);

/// <summary>One collection of a node, or one tier of a bucket, in one quarter hour. Levels are means over the quarter hour: 0 for the time in which nothing was told.</summary>
public sealed record DataStorePart(string Name, string Tier)
{
    public decimal MemoryBytes { get; init; }

    /// <summary>Of a bucket: what lies in the tier.</summary>
    public decimal DiskBytes { get; init; }
    public decimal Vectors { get; init; }

    /// <summary>By the database's or bucket's own counters; null where it tells none.</summary>
    public decimal? ReadUnits { get; init; }
    public decimal? WriteUnits { get; init; }
    public decimal EgressBytes { get; init; }

    /// <summary>Told with the readings, for what no operation tells.</summary>
    public DataOwner Owner { get; init; } = DataOwner.None;
}

/// <summary>A node of a vector database, or all buckets of a provider, in one quarter hour.</summary>
/// <param name="Host">Empty where there is none to pay: a hosted database, buckets.</param>
public sealed record DataStoreUsage(DataStoreKind Kind, string System, string Host)
{
    /// <summary>In which anything was told of it: this time of the node is paid for.</summary>
    public decimal ObservedSeconds { get; init; }

    /// <summary>Mean over the quarter hour of the whole node; of its collections where the node tells none.</summary>
    public decimal MemoryBytes { get; init; }

    /// <summary>Mean over the quarter hour, where the node tells it and its collections do not.</summary>
    public decimal DiskBytes { get; init; }

    /// <summary>By the node's own counters, however little they tell of each.</summary>
    public decimal Requests { get; init; }

    /// <summary>In the order of name and tier.</summary>
    public required IReadOnlyList<DataStorePart> Parts { get; init; }
}

/// <summary>From readings to what was there in one quarter hour. A pure function of the set of readings, as <see cref="DeviceTime"/> is.</summary>
public static class DataStoreTime
{
    private const decimal CellSeconds = DeviceTime.CellMinutes * 60;

    /// <summary>Those of which nothing held in the quarter hour are left out.</summary>
    /// <param name="all">Readings from a quarter hour before the cell until its end.</param>
    public static List<DataStoreUsage> Measure(IEnumerable<DataStoreReading> all, DateTimeOffset cell)
    {
        var stores = new List<DataStoreUsage>();
        foreach (var store in all.GroupBy(reading => (reading.Kind, reading.System, reading.Host)).OrderBy(g => g.Key.Kind).ThenBy(g => g.Key.System, StringComparer.Ordinal).ThenBy(g => g.Key.Host, StringComparer.Ordinal))
        {
            var readings = store.ToList();
            var observed = HeldLevels.Union(HeldLevels.In(readings.Select(reading => (reading.Point.At, reading.Point.Value)), cell));
            if (observed <= 0) continue;
            var parts = readings.Where(reading => reading.Name.Length > 0).GroupBy(reading => (reading.Name, reading.Tier))
                .OrderBy(g => g.Key.Name, StringComparer.Ordinal).ThenBy(g => g.Key.Tier, StringComparer.Ordinal)
                .Select(part => PartOf(part.Key.Name, part.Key.Tier, [.. part], cell)).ToList();
            var whole = readings.FindAll(reading => reading.Name.Length == 0);
            stores.Add(new DataStoreUsage(store.Key.Kind, store.Key.System, store.Key.Host)
            {
                ObservedSeconds = observed,
                MemoryBytes = Level(whole, DataStoreSignal.MemoryBytes, cell) is > 0 and var told ? told : parts.Sum(part => part.MemoryBytes),
                DiskBytes = parts.Exists(part => part.DiskBytes > 0) ? 0 : Level(whole, DataStoreSignal.DiskBytes, cell),
                Requests = Rise(readings, DataStoreSignal.Requests, cell) ?? 0,
                Parts = parts,
            });
        }

        return stores;
    }

    private static DataStorePart PartOf(string name, string tier, List<DataStoreReading> readings, DateTimeOffset cell) => new(name, tier)
    {
        MemoryBytes = Level(readings, DataStoreSignal.MemoryBytes, cell),
        DiskBytes = Level(readings, DataStoreSignal.DiskBytes, cell) + Level(readings, DataStoreSignal.StorageBytes, cell),
        Vectors = Level(readings, DataStoreSignal.Vectors, cell),
        ReadUnits = Rise(readings, DataStoreSignal.ReadUnits, cell) ?? Rise(readings, DataStoreSignal.StorageReads, cell),
        WriteUnits = Rise(readings, DataStoreSignal.WriteUnits, cell) ?? Rise(readings, DataStoreSignal.StorageWrites, cell),
        EgressBytes = Rise(readings, DataStoreSignal.EgressBytes, cell) ?? 0,
        // One series may tell it, another not: the last name told, whichever came first.
        Owner = readings.Select(reading => reading.Owner).Where(owner => owner.IsKnown).OrderBy(owner => owner.Feature, StringComparer.Ordinal)
            .ThenBy(owner => owner.Team, StringComparer.Ordinal).ThenBy(owner => owner.Customer, StringComparer.Ordinal).LastOrDefault(DataOwner.None),
    };

    /// <summary>Mean over the whole quarter hour of what its series come to together.</summary>
    private static decimal Level(List<DataStoreReading> readings, DataStoreSignal signal, DateTimeOffset cell) => ExactShares.Round(
        readings.Where(reading => reading.Signal == signal).GroupBy(reading => reading.Series, StringComparer.Ordinal).OrderBy(series => series.Key, StringComparer.Ordinal)
            .Sum(series => HeldLevels.In(series.Select(reading => (reading.Point.At, reading.Point.Value)), cell).Sum(hold => hold.Seconds * Bounded(hold.Value))) / CellSeconds);

    private static decimal? Rise(List<DataStoreReading> readings, DataStoreSignal signal, DateTimeOffset cell)
    {
        var counters = readings.FindAll(reading => reading.Signal == signal);
        return counters.Count == 0 ? null : counters.GroupBy(reading => reading.Series, StringComparer.Ordinal).OrderBy(series => series.Key, StringComparer.Ordinal)
            .Sum(series => CounterIncrease.In(series.Select(reading => reading.Point), cell));
    }

    /// <summary>An exabyte at most: a decimal holds its seconds, too.</summary>
    private static decimal Bounded(double value) => (decimal)Math.Clamp(value, 0, 1e18);
}
