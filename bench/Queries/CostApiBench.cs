using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Bench.Ingest;

namespace FinOps.Bench.Queries;

/// <summary>
/// <c>GET /api/v1/costs</c> over a month of five million calls, as a client with a key meets it: the whole server with its key look-up, quotas and JSON, one
/// question at a time. What the API groups by most; the answer's bytes are read to the end.
/// </summary>
internal static class CostApiBench
{
    private const int Calls = 5_000_000;
    private const int Rounds = 40;
    private const int WarmUps = 5;
    private const double MostMilliseconds = 100;

    private static readonly (string Name, string Query)[] Questions =
    [
        ("total", ""),
        ("by day", "&granularity=day"),
        ("by day, Berlin", "&granularity=day&timeZone=Europe/Berlin"),
        ("by feature", "&groupBy=feature"),
        ("by model", "&groupBy=model"),
        ("by team", "&groupBy=team"),
        ("by customer", "&groupBy=customer"),
        ("by user", "&groupBy=user"),
        ("by feature and model", "&groupBy=feature,model"),
        ("by feature and day", "&groupBy=feature&granularity=day"),
        ("by feature, model and day", "&groupBy=feature,model&granularity=day"),
        ("one feature by day", "&feature=feature-3&granularity=day"),
    ];

    public static async Task<int> RunAsync()
    {
        await using var app = await AppUnderLoad.StartAsync();
        using (var store = new ClickHouseStore(new ClickHouseOptions { ConnectionString = app.ClickHouse, QueryTimeoutSeconds = 600 }))
            await StoredCalls.StoreAsync(store, await app.TenantAsync(), TimeProvider.System.GetUtcNow(), Calls);
        await AppUnderLoad.QuietAsync(TimeSpan.FromSeconds(30));

        using var client = app.Server.Client(AppUnderLoad.ApiKey);
        var now = TimeProvider.System.GetUtcNow();
        var range = string.Create(CultureInfo.InvariantCulture, $"from={now.AddDays(-StoredCalls.Days):yyyy-MM-ddTHH:mm:ssZ}&to={now:yyyy-MM-ddTHH:mm:ssZ}");
        var times = Questions.Select(_ => new List<double>(Rounds)).ToList();
        for (var round = -WarmUps; round < Rounds; round++)
        {
            // All in turn, so that a busy second of the machine meets each of them.
            for (var i = 0; i < Questions.Length; i++)
            {
                var began = Stopwatch.GetTimestamp();
                using var response = await client.GetAsync($"/api/v1/costs?{range}{Questions[i].Query}");
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                if (round >= 0) times[i].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        Console.WriteLine($"{"GET /api/v1/costs over a month",-32} {"best ms",8} {"p50 ms",8} {"p95 ms",8}");
        foreach (var ((name, _), one) in Questions.Zip(times))
        {
            one.Sort();
            var p95 = one[(int)(Rounds * 0.95)];
            // What is asked of all requests is not asked of each question alone; one that is slower is pointed at.
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-32} {one[0],8:F1} {one[Rounds / 2],8:F1} {p95,8:F1}{(p95 >= MostMilliseconds ? "  over 100 ms" : "")}"));
        }

        var all = times.SelectMany(one => one).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"all of them",-32} {all[0],8:F1} {all[all.Count / 2],8:F1} {all[(int)(all.Count * 0.95)],8:F1}"));
        return all[(int)(all.Count * 0.95)] < MostMilliseconds ? 0 : 1;
    }
}
