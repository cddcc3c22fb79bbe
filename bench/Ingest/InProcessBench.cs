using System.Diagnostics;
using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Embedded;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Bench.Ingest;

/// <summary>
/// Decode to insert, in one process: OTLP bodies → mapper → writer → acknowledgement, over the rows per second that the same ClickHouse takes of the same
/// rows as ready Native blocks into the same tables with the same views: as ClickHouse inserts by itself, and with the settings of our inserts.
/// All interleaved, medians of the rounds, ratios printed.
/// </summary>
internal static class InProcessBench
{
    private const int Pairs = 7;
    private const int WarmUpPairs = 2;
    private const int BoundBlockRows = 100_000;
    private const int RequestsAtOnce = 512;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var days = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 40;
        var folder = Directory.CreateTempSubdirectory("finops-bench-").FullName;
        try
        {
            await using var engines = await EmbeddedEngines.StartAsync(
                new EmbeddedEnginesOptions(Path.Combine(folder, "data"), EnginesFolder.Find())
                {
                    ClickHouseUsers = password => ClickHouseWalls.UsersFile([.. Enumerable.Range(0, 20).SelectMany(pair => (string[])[$"bound_{pair}", $"tuned_{pair}", $"ours_{pair}"])], password),
                }, new Progress<string>(), NullLoggerFactory.Instance, CancellationToken.None);
            return await MeasureAsync(engines.Addresses.ClickHouseConnectionString, Path.Combine(folder, "spool"), BenchContext.DemoBodies(days));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> MeasureAsync(string address, string spool, List<byte[]> bodies)
    {
        var rows = Map(bodies, new RowBatch(), out var tally);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rows.Calls.Count} calls, {rows.Links.Count} links, {rows.VectorOperations.Count} vector operations in {bodies.Count} bodies, {bodies.Average(body => body.Length):F0} bytes each; accepted {tally[IngestReason.Accepted]}"));
        var blocks = Encode(rows);
        using var raw = new RawInsert(address);
        var bound = new List<double>();
        var tuned = new List<double>();
        var ours = new List<double>();
        for (var pair = 0; pair < WarmUpPairs + Pairs; pair++)
        {
            var (b, _) = await BoundAsync(raw, await FreshAsync(address, $"bound_{pair}"), blocks, InsertSettings.ClickHouses);
            var (t, boundEngine) = await BoundAsync(raw, await FreshAsync(address, $"tuned_{pair}"), blocks, InsertSettings.Ours);
            var (o, cpu, engine) = await OursAsync(await FreshAsync(address, $"ours_{pair}"), Path.Combine(spool, $"{pair}"), bodies, rows);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(pair < WarmUpPairs ? "warm-up" : "round")}: raw insert {b / 1000:F0} k rows/s, with our settings {t / 1000:F0} k, decode to insert {o / 1000:F0} k, ratios {o / b:F2} and {o / t:F2}; CPU in µs a row: own {cpu:F2}, ClickHouse {engine:F2}, for the raw insert with our settings {boundEngine:F2}"));
            if (pair < WarmUpPairs) continue;
            bound.Add(b);
            tuned.Add(t);
            ours.Add(o);
        }

        var ratio = BenchContext.Median([.. ours.Zip(bound, (o, b) => o / b)]);
        var strict = BenchContext.Median([.. ours.Zip(tuned, (o, t) => o / t)]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"median of {Pairs} rounds: raw insert {BenchContext.Median(bound) / 1000:F0} k, decode to insert {BenchContext.Median(ours) / 1000:F0} k, ratio {ratio:F2} (asked for: 0.60); of the raw insert with our settings, {BenchContext.Median(tuned) / 1000:F0} k: {strict:F2}"));
        return ratio >= 0.6 ? 0 : 1;
    }

    private static RowBatch Map(List<byte[]> bodies, RowBatch output, out IngestTally tally)
    {
        tally = new IngestTally();
        var mapper = new TelemetryMapper();
        foreach (var body in bodies) mapper.MapTraces(body, BenchContext.New(), output, tally);
        return output;
    }

    private static List<NativeBlock> Encode(RowBatch rows)
    {
        var blocks = new List<NativeBlock>();
        foreach (var chunk in rows.Links.Chunk(BoundBlockRows))
        {
            var block = new LinkBlock();
            foreach (var row in chunk) block.Append(row);
            blocks.Add(block);
        }

        foreach (var chunk in rows.VectorOperations.Chunk(BoundBlockRows))
        {
            var block = new VectorOperationBlock();
            foreach (var row in chunk) block.Append(row);
            blocks.Add(block);
        }

        foreach (var chunk in rows.Calls.Chunk(BoundBlockRows))
        {
            var block = new CallBlock();
            foreach (var row in chunk) block.Append(row);
            blocks.Add(block);
        }

        return blocks;
    }

    private static async Task<ClickHouseStore> FreshAsync(string address, string database)
    {
        var store = new ClickHouseStore(new ClickHouseOptions
        {
            ConnectionString = new ClickHouseConnectionStringBuilder(address) { Database = database }.ConnectionString,
        });
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, CancellationToken.None);
        return store;
    }

    private static async Task<(double RowsPerSecond, double EngineMicrosPerRow)> BoundAsync(
        RawInsert raw, ClickHouseStore store, List<NativeBlock> blocks, InsertSettings settings)
    {
        using var owned = store;
        var engine = EngineCpu.Seconds();
        var rate = await raw.SendAsync(store.Database, blocks, settings);
        engine = EngineCpu.Seconds() - engine;
        await RawInsert.DetachAsync(store);
        return (rate, engine * 1e6 / blocks.Sum(block => block.Rows));
    }

    private static async Task<(double RowsPerSecond, double CpuMicrosPerRow, double EngineMicrosPerRow)> OursAsync(ClickHouseStore store, string spool, List<byte[]> bodies, RowBatch expected)
    {
        using var owned = store;
        var pool = new RowBatchPool();
        var mapper = new TelemetryMapper();
        var context = BenchContext.New();
        await using var writer = new BatchingRowWriter(
            Options.Create(new PipelineOptions { SpoolDirectory = spool }), store, TimeProvider.System, NullLogger<BatchingRowWriter>.Instance);
        await writer.StartAsync(CancellationToken.None);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var engine = EngineCpu.Seconds();
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce }, async (body, token) =>
        {
            var batch = pool.Rent();
            mapper.MapTraces(body, context, batch, new IngestTally());
            var outcome = await writer.WriteAsync(batch, token);
            if (outcome != WriteOutcome.Stored) throw new InvalidOperationException($"A request was {outcome}.");
        });
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        engine = EngineCpu.Seconds() - engine;
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand("SELECT count() FROM calls FINAL");
        var stored = Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        if (stored != expected.Calls.Count) throw new InvalidOperationException($"{stored} calls are stored, {expected.Calls.Count} were acknowledged.");
        await RawInsert.DetachAsync(store);
        return (expected.RowCount / seconds, used.TotalMicroseconds / expected.RowCount, engine * 1e6 / expected.RowCount);
    }
}
