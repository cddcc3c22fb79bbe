using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;
using FinOps.Testing;

namespace FinOps.Bench.Ingest;

/// <summary>
/// End to end over the network with the acknowledgement after the insert, over the rows per second that the same ClickHouse takes of the same rows as ready
/// Native blocks into identical tables with the same views. Load client, server and engines share the machine; both sides interleaved, medians of the pairs.
/// </summary>
internal sealed class NetworkBench(string name, double asked, Func<ServerProcess, OtlpLoad> connect)
{
    private const int BodiesPerLeg = 600;
    private const int Pairs = 5;

    /// <summary>A server runs for weeks, so its first minutes say little: the warm-up ends when compiling takes less than this of its CPU.</summary>
    private const double MostCompiling = 0.03;
    private const int LegsOfAShare = 3;
    private const int LeastWarmUpSeconds = 30;
    private const int MostWarmUpSeconds = 150;
    private const int BoundBlockRows = 100_000;
    private const double MostSeconds = 1.5;
    private const double MostSecondsAtHalfLoad = 0.5;
    private const double MostCpuMicros = 4;

    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(20);

    public async Task<int> RunAsync()
    {
        var bodies = new SpanBodies(BodiesPerLeg);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: legs of {bodies.Spans} distinct model calls, {bodies.BytesPerSpan:F0} bytes each, nine of ten a root, {SpanBodies.SpansPerBody} a request, {OtlpLoad.RequestsAtOnce} requests under way, not compressed; client, server and engines share {Environment.ProcessorCount} cores"));
        await using var app = await AppUnderLoad.StartAsync();
        using var load = connect(app.Server);
        var sent = await WarmUpAsync(app, load, bodies);
        var slowBefore = Yardstick.Measure(bodies);

        using var raw = new RawInsert(app.ClickHouse);
        List<double> bounds = [], ours = [], ratios = [], strict = [], cpu = [], settled = [], latencies = [], halfLatencies = [];
        for (var pair = 0; pair < Pairs; pair++)
        {
            bodies.Renew();
            var bound = await BoundAsync(app, raw, bodies, string.Create(CultureInfo.InvariantCulture, $"bound_{pair}"), InsertSettings.ClickHouses);
            var tuned = await BoundAsync(app, raw, bodies, string.Create(CultureInfo.InvariantCulture, $"tuned_{pair}"), InsertSettings.Ours);
            await AppUnderLoad.QuietAsync(QuietLimit);
            var (before, compiled) = (app.CpuSeconds(), app.CompileSeconds());
            var result = await load.SendAsync(bodies.All);
            sent += bodies.Spans;
            var used = (app.CpuSeconds() - before) * 1e6 / bodies.Spans;
            var compiling = (app.CompileSeconds() - compiled) * 1e6 / bodies.Spans;
            await app.ServerQuietAsync(QuietLimit);
            var afterwards = (app.CpuSeconds() - before) * 1e6 / bodies.Spans;
            await AppUnderLoad.QuietAsync(QuietLimit);
            bodies.Renew();
            var half = await load.SendAsync(bodies.All, result.SpansPerSecond / 2);
            sent += bodies.Spans;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  round: raw insert {bound / 1000:F0} k, with our settings {tuned / 1000:F0} k, {name} {result.SpansPerSecond / 1000:F0} k spans/s, ratios {result.SpansPerSecond / bound:F2} and {result.SpansPerSecond / tuned:F2}; server's CPU {used:F2} µs a call until acknowledged ({compiling:F2} of it compiling), {afterwards:F2} with settling; acknowledgement p50 {result.Percentile(0.5):F2} s, p99 {result.Percentile(0.99):F2} s, at half load {half.Percentile(0.5):F2} and {half.Percentile(0.99):F2} s; {result.Refused + half.Refused} refused; {app.Memory().Highest:F0} MB at most"));
            bounds.Add(bound);
            ours.Add(result.SpansPerSecond);
            ratios.Add(result.SpansPerSecond / bound);
            strict.Add(result.SpansPerSecond / tuned);
            cpu.Add(used);
            settled.Add(afterwards);
            latencies.Add(result.Percentile(0.99));
            halfLatencies.Add(half.Percentile(0.99));
        }

        var stored = await app.CallsAsync();
        if (stored != sent) throw new InvalidOperationException($"{stored} calls are stored, {sent} were acknowledged.");

        var yardstick = Yardstick.Between(slowBefore, Yardstick.Measure(bodies));
        var ratio = BenchContext.Median(ratios);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {BenchContext.Median(ours) / 1000:F0} k of {BenchContext.Median(bounds) / 1000:F0} k rows/s, ratio {ratio:F2} (asked for: {asked:F2}), {BenchContext.Median(strict):F2} of the raw insert with our settings; CPU {BenchContext.Median(cpu):F2} µs a call (asked for: {MostCpuMicros:F0}), {BenchContext.Median(settled):F2} with settling; acknowledgement p99 {BenchContext.Median(latencies):F2} s saturated (asked for: {MostSeconds:F1}), {BenchContext.Median(halfLatencies):F2} s at half load (asked for: {MostSecondsAtHalfLoad:F1}); every one of {stored} acknowledged calls is stored once; {yardstick}, so that CPU is {yardstick.Compare(BenchContext.Median(cpu), MostCpuMicros)}, and times may be {yardstick.Slower:F2} times those asked for"));
        return ratio >= asked && yardstick.Holds(BenchContext.Median(cpu), MostCpuMicros)
            && yardstick.Holds(BenchContext.Median(latencies), MostSeconds) && yardstick.Holds(BenchContext.Median(halfLatencies), MostSecondsAtHalfLoad) ? 0 : 1;
    }

    private static async Task<long> WarmUpAsync(AppUnderLoad app, OtlpLoad load, SpanBodies bodies)
    {
        long sent = 0;
        var (began, share) = (TimeProvider.System.GetTimestamp(), 1.0);
        while (TimeProvider.System.GetElapsedTime(began).TotalSeconds is var seconds && seconds < MostWarmUpSeconds && (seconds < LeastWarmUpSeconds || share > MostCompiling))
        {
            var (cpu, compiled) = (app.CpuSeconds(), app.CompileSeconds());
            for (var leg = 0; leg < LegsOfAShare; leg++)
            {
                await load.SendAsync(bodies.All);
                sent += bodies.Spans;
                bodies.Renew();
            }

            share = (app.CompileSeconds() - compiled) / (app.CpuSeconds() - cpu);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  warm after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s and {sent / 1e6:F1} million calls: compiling takes {share:P1} of the server's CPU"));
        using var raw = new RawInsert(app.ClickHouse);
        await BoundAsync(app, raw, bodies, "bound_warm", InsertSettings.Ours);
        return sent;
    }

    private static async Task<double> BoundAsync(AppUnderLoad app, RawInsert raw, SpanBodies bodies, string database, InsertSettings settings)
    {
        var blocks = Encode(bodies);
        using var store = await app.NewDatabaseAsync(database);
        await AppUnderLoad.QuietAsync(QuietLimit);
        var rate = await raw.SendAsync(store.Database, blocks, settings);
        await RawInsert.DetachAsync(store);
        return rate;
    }

    private static List<CallBlock> Encode(SpanBodies bodies)
    {
        var mapper = new TelemetryMapper();
        var context = BenchContext.New();
        var batch = new RowBatch();
        List<CallBlock> blocks = [new()];
        foreach (var body in bodies.All)
        {
            mapper.MapTraces(body, context, batch, new IngestTally());
            if (batch.Calls.Count != SpanBodies.SpansPerBody) throw new InvalidOperationException("A body does not give one call for each span.");
            foreach (var row in batch.Calls) blocks[^1].Append(row);
            batch.Clear();
            if (blocks[^1].Rows >= BoundBlockRows) blocks.Add(new CallBlock());
        }

        return [.. blocks.Where(block => block.Rows > 0)];
    }
}
