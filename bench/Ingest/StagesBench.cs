using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;

namespace FinOps.Bench.Ingest;

/// <summary>What our own code costs for each row, in CPU time of one warm thread: parse, map and rate; and encode as a Native block. No engine needed.</summary>
internal static class StagesBench
{
    private const int WarmUpSeconds = 4;
    private const int Rounds = 9;

    /// <summary>Ours alone, per call, parse to encoded block: what the product promises.</summary>
    private const double MostMicros = 2.0;

    public static int Run()
    {
        var flat = Measure("model calls", new SpanBodies(40).All);
        Measure("demo traffic", BenchContext.DemoBodies(3));
        return flat <= MostMicros ? 0 : 1;
    }

    private static double Measure(string what, IReadOnlyList<byte[]> bodies)
    {
        var mapper = new TelemetryMapper();
        var context = BenchContext.New();
        var batches = bodies.Select(_ => new RowBatch()).ToList();
        var calls = new CallBlock();
        var links = new LinkBlock();
        var vectors = new VectorOperationBlock();
        var map = new List<double>();
        var encode = new List<double>();
        var allocated = new List<double>();
        var rows = 0;
        var until = TimeProvider.System.GetTimestamp();
        for (var measured = 0; measured < Rounds;)
        {
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var began = ThreadTime.Micros();
            for (var index = 0; index < bodies.Count; index++) mapper.MapTraces(bodies[index], context, batches[index], new IngestTally());
            var mapped = ThreadTime.Micros();
            foreach (var batch in batches)
            {
                foreach (var row in batch.Calls) calls.Append(row);
                foreach (var row in batch.Links) links.Append(row);
                foreach (var row in batch.VectorOperations) vectors.Append(row);
            }

            var encoded = ThreadTime.Micros();
            rows = batches.Sum(batch => batch.RowCount);
            foreach (var batch in batches) batch.Clear();
            var cleared = ThreadTime.Micros();
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            calls.Clear();
            links.Clear();
            vectors.Clear();
            if (TimeProvider.System.GetElapsedTime(until).TotalSeconds < WarmUpSeconds) continue;
            measured++;
            map.Add((mapped - began + cleared - encoded) / rows);
            encode.Add((encoded - mapped) / rows);
            allocated.Add((double)bytes / rows);
        }

        var sum = BenchContext.Median(map) + BenchContext.Median(encode);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ingest-stages, {what} ({rows} rows, {bodies.Sum(body => (double)body.Length) / rows:F0} bytes each): parse, map and rate {BenchContext.Median(map):F2}, encode {BenchContext.Median(encode):F2}, together {sum:F2} µs of CPU a row (asked for: {MostMicros:F1}); {BenchContext.Median(allocated):F0} bytes allocated a row"));
        return sum;
    }
}
