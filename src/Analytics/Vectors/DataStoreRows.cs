using System.Diagnostics.Metrics;
using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Vectors;

/// <param name="Name">The collection or bucket; empty where the whole node is told of.</param>
/// <param name="Series">Tells what stands beside each other apart: shards, exporters, kinds of requests.</param>
internal readonly record struct DataStoreReadingRow(
    DataStoreKind Kind, string System, string Host, string Name, string Tier, string Metric, string Series, DataOwner Owner, CounterPoint Point);

/// <param name="Cell">Unix seconds.</param>
internal readonly record struct DataStoreOperationRow(uint Cell, string System, string Collection, string Operation, DataOwner Owner, long Operations, decimal ReadUnits, long Failed);

/// <summary>Rows of samples and operations as the domain takes them.</summary>
internal static class DataStoreRows
{
    /// <summary>What is beyond a limit, together.</summary>
    public const string Other = "(other)";

    private static readonly Meter Meter = new("FinOps.Analytics.Vectors");
    private static readonly Counter<long> Merged = Meter.CreateCounter<long>("finops.vectors.merged", description: "Owners, collections and tiers of a quarter hour beyond the limits, put together as (other)");

    /// <summary>What each kept metric says; all others say that the store is there.</summary>
    public static DataStoreSignal SignalOf(string metric) => metric switch
    {
        "vector_db.memory.resident" or "vector_db.collection.memory" => DataStoreSignal.MemoryBytes,
        "vector_db.storage.size" or "vector_db.disk.used" or "vector_db.segment.size" => DataStoreSignal.DiskBytes,
        "vector_db.collection.points" => DataStoreSignal.Vectors,
        "vector_db.requests" or "vector_db.operations.query" or "vector_db.operations.fetch" or "vector_db.operations.list"
            or "vector_db.operations.upsert" or "vector_db.operations.update" or "vector_db.operations.delete" => DataStoreSignal.Requests,
        "vector_db.read_units" => DataStoreSignal.ReadUnits,
        "vector_db.write_units" => DataStoreSignal.WriteUnits,
        "storage.bytes" => DataStoreSignal.StorageBytes,
        "storage.reads" => DataStoreSignal.StorageReads,
        "storage.writes" => DataStoreSignal.StorageWrites,
        "storage.egress" => DataStoreSignal.EgressBytes,
        _ => DataStoreSignal.Seen,
    };

    public static List<DataStoreReading> ToReadings(List<DataStoreReadingRow> rows) =>
        [.. rows.Select(row => new DataStoreReading(row.Kind, row.System, row.Host, row.Name, row.Tier, SignalOf(row.Metric), row.Metric + " " + row.Series, row.Owner, row.Point))];

    /// <summary>What matters to one quarter hour.</summary>
    public static IEnumerable<DataStoreReading> Around(List<DataStoreReading> readings, DateTimeOffset cell)
    {
        var (from, until) = (cell.AddSeconds(-DeviceTime.HoldSeconds), cell.AddMinutes(DeviceTime.CellMinutes));
        return readings.Where(reading => reading.Point.At >= from && reading.Point.At < until);
    }

    /// <summary>Operations by collection and owner, whatever they are called.</summary>
    public static List<DataStoreCalls> ToCalls(IEnumerable<DataStoreOperationRow> rows) =>
        [.. rows.GroupBy(row => (row.System, row.Collection, row.Owner)).Select(one => new DataStoreCalls(
            one.Key.System, one.Key.Collection, one.Key.Owner,
            one.Where(row => !DataStoreCalls.IsWrite(row.Operation)).Sum(row => row.Operations), one.Where(row => DataStoreCalls.IsWrite(row.Operation)).Sum(row => row.Operations),
            one.Sum(row => row.ReadUnits), one.Sum(row => row.Failed)))];

    /// <summary>Collections and owners up to the limits; what is beyond, those with the fewest readings and operations, becomes one.</summary>
    public static (List<DataStoreReading> Readings, List<DataStoreCalls> Calls) Bound(IEnumerable<DataStoreReading> readings, List<DataStoreCalls> calls, VectorOptions limits)
    {
        var told = readings.ToList();
        var names = told.Where(reading => reading.Name.Length > 0).Select(reading => (reading.System, reading.Name, reading.Tier)).Concat(calls.Select(call => (call.System, Name: call.Collection, Tier: "")))
            .GroupBy(name => name).OrderByDescending(name => name.Count()).ThenBy(name => name.Key).Select(name => name.Key).ToList();
        if (names.Count > limits.MaxParts)
        {
            var beyond = names.Skip(limits.MaxParts).ToHashSet();
            Merged.Add(beyond.Count);
            told = told.ConvertAll(reading => beyond.Contains((reading.System, reading.Name, reading.Tier)) ? reading with { Name = Other, Series = reading.Name + " " + reading.Series } : reading);
            calls = Together(calls.ConvertAll(call => beyond.Contains((call.System, call.Collection, "")) ? call with { Collection = Other } : call));
        }

        var bounded = new List<DataStoreCalls>(calls.Count);
        foreach (var collection in calls.GroupBy(call => (call.System, call.Collection)))
        {
            var owners = collection.OrderByDescending(call => call.Operations).ThenBy(call => (call.Owner.Feature, call.Owner.Team, call.Owner.Customer)).ToList();
            bounded.AddRange(owners.Take(limits.MaxOwnersPerCollection));
            if (owners.Count <= limits.MaxOwnersPerCollection) continue;
            Merged.Add(owners.Count - limits.MaxOwnersPerCollection);
            bounded.AddRange(Together(owners[limits.MaxOwnersPerCollection..].ConvertAll(call => call with { Owner = new DataOwner(Other, Other, Other) })));
        }

        return (told, bounded);
    }

    private static List<DataStoreCalls> Together(List<DataStoreCalls> calls) => [.. calls.GroupBy(call => (call.System, call.Collection, call.Owner)).Select(one => one.First() with
    {
        Reads = one.Sum(call => call.Reads),
        Writes = one.Sum(call => call.Writes),
        ReadUnits = one.Sum(call => call.ReadUnits),
        Failed = one.Sum(call => call.Failed),
    })];
}
