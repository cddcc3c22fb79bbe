using System.Globalization;
using System.Net.Http.Json;
using FinOps.Bench.Ingest;
using FinOps.Testing;

namespace FinOps.Bench.Flood;

/// <summary>
/// What a neighbour notices of a tenant that floods at ten times its quotas: the p95 of the neighbour's acknowledgements and of its questions to the API while
/// the other is silent, and while it floods with telemetry and questions and heeds no Retry-After. Rounds interleaved, medians of their ratios.
/// </summary>
internal static class FloodBench
{
    private const int Rounds = 4;
    private const double MostTimes = 2;

    private const int TimesOverQuota = 10;
    private const int FloodItemsPerSecond = 2_000;
    private const int FloodLanes = 64;
    private const int FloodQuerySecondsPerMinute = 6;
    private const int FloodQueriesAtOnce = 2;

    // So little that the neighbour alone leaves most of two cores free: what it then notices is the flood.
    private const int NeighbourRequestsPerSecond = 4;
    private const int NeighbourQueriesPerSecond = 2;
    private const int SeedBodies = 40;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync()
    {
        await using var app = await AppUnderLoad.StartAsync();
        await using var maker = new TenantMaker(app.Postgres);
        var (flood, neighbour) = (await maker.NewTenantAsync(), await maker.NewTenantAsync());
        await LimitAsync(app, maker, flood);
        using var flooding = new FloodSender(app.Server, flood);
        using var sending = new FloodSender(app.Server, neighbour);
        var bodies = new SpanBodies(SeedBodies);
        await SeedAsync(sending, bodies);

        // The first round is for the runtime, which compiles anew what turned out to be hot.
        List<double> ingest = [], queries = [], quietIngest = [], quietQueries = [];
        for (var round = -1; round < Rounds; round++)
        {
            bodies.Renew();
            await AppUnderLoad.QuietAsync(TimeSpan.FromSeconds(5));
            var quiet = await NeighbourAsync(sending, bodies);
            await AppUnderLoad.QuietAsync(TimeSpan.FromSeconds(5));
            bodies.Renew();
            using var stop = new CancellationTokenSource();
            var flooded = FloodAsync(flooding, bodies, stop.Token);
            var beside = await NeighbourAsync(sending, bodies);
            await stop.CancelAsync();
            var (taken, refused, answered, over) = await flooded;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  round: acknowledgement p95 {quiet.Ingest:F0} ms quiet, {beside.Ingest:F0} ms beside the flood; question p95 {quiet.Query:F0} and {beside.Query:F0} ms; of the flood {taken} requests were taken and {refused} refused, {answered} questions answered and {over} refused"));
            if (round < 0) continue;
            if (refused <= taken) throw new InvalidOperationException("The flood was not refused: this is no flood at ten times the quota.");
            ingest.Add(beside.Ingest / quiet.Ingest);
            queries.Add(beside.Query / quiet.Query);
            quietIngest.Add(quiet.Ingest);
            quietQueries.Add(quiet.Query);
        }

        var (ingestRatio, queryRatio) = (BenchContext.Median(ingest), BenchContext.Median(queries));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"flood: beside a tenant at {TimesOverQuota} times its quotas a neighbour's acknowledgement p95 is {ingestRatio:F2} times its quiet {BenchContext.Median(quietIngest):F0} ms, its question p95 {queryRatio:F2} times its quiet {BenchContext.Median(quietQueries):F0} ms (asked for: {MostTimes:F0})"));
        return ingestRatio <= MostTimes && queryRatio <= MostTimes ? 0 : 1;
    }

    private static async Task LimitAsync(AppUnderLoad app, TenantMaker maker, TestTenant flood)
    {
        var key = await maker.NewOperatorKeyAsync(flood);
        using var operators = app.Server.Client(key.Token);
        using var response = await operators.PutAsJsonAsync($"/api/v1/organisations/{flood.Name}/quotas", new
        {
            limits = new { ingestItemsPerSecond = FloodItemsPerSecond, querySecondsPerMinute = FloodQuerySecondsPerMinute, concurrentQueries = FloodQueriesAtOnce },
        });
        response.EnsureSuccessStatusCode();
    }

    private static async Task SeedAsync(FloodSender sending, SpanBodies bodies)
    {
        foreach (var chunk in bodies.All.Chunk(8)) await Task.WhenAll(chunk.Select(sending.SendAsync));
    }

    /// <summary>A steady, small load; the p95 of its answers in milliseconds.</summary>
    private static async Task<(double Ingest, double Query)> NeighbourAsync(FloodSender sending, SpanBodies bodies)
    {
        var ingest = SteadyAsync(NeighbourRequestsPerSecond, async index =>
        {
            if (!await sending.SendAsync(bodies.All[index % SeedBodies])) throw new InvalidOperationException("The neighbour was refused.");
        });
        var queries = SteadyAsync(NeighbourQueriesPerSecond, async _ =>
        {
            if (!await sending.AskAsync()) throw new InvalidOperationException("The neighbour's question was refused.");
        });
        return (Percentile95(await ingest), Percentile95(await queries));
    }

    /// <summary>So many a second, whether or not the ones before have ended: a slow answer must not slow the load down.</summary>
    private static async Task<double[]> SteadyAsync(int perSecond, Func<int, Task> act)
    {
        var count = (int)(perSecond * Phase.TotalSeconds);
        var began = TimeProvider.System.GetTimestamp();
        return await Task.WhenAll(Enumerable.Range(0, count).Select(async index =>
        {
            var due = TimeSpan.FromSeconds((double)index / perSecond);
            await Task.Delay(due);
            var sent = TimeProvider.System.GetTimestamp();
            await act(index);
            return TimeProvider.System.GetElapsedTime(sent).TotalMilliseconds;
        }));
    }

    private static async Task<(int Taken, int Refused, int Answered, int Over)> FloodAsync(FloodSender flooding, SpanBodies bodies, CancellationToken stop)
    {
        int taken = 0, refused = 0, answered = 0, over = 0;
        const int requestsPerSecond = TimesOverQuota * FloodItemsPerSecond / SpanBodies.SpansPerBody;
        var sends = Enumerable.Range(0, FloodLanes).Select(lane => Task.Run(async () =>
        {
            for (var index = lane; !stop.IsCancellationRequested; index++)
            {
                if (await flooding.SendAsync(bodies.All[index % SeedBodies])) Interlocked.Increment(ref taken);
                else Interlocked.Increment(ref refused);
                await Task.Delay(TimeSpan.FromSeconds((double)FloodLanes / requestsPerSecond), CancellationToken.None);
            }
        }));
        var asks = Enumerable.Range(0, TimesOverQuota * FloodQueriesAtOnce).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (await flooding.AskAsync()) Interlocked.Increment(ref answered);
                else Interlocked.Increment(ref over);
                await Task.Delay(100, CancellationToken.None);
            }
        }));
        await Task.WhenAll([.. sends, .. asks]);
        return (taken, refused, answered, over);
    }

    private static double Percentile95(double[] milliseconds) => milliseconds.Order().ElementAt((int)(0.95 * (milliseconds.Length - 1)));
}
