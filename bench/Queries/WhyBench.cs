using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Bench.Ingest;

namespace FinOps.Bench.Queries;

/// <summary><c>GET /api/v1/costs/changes</c> between two months of five million calls each, as a client with a key meets it: the whole server, one question at a time, the answer read to the end.</summary>
internal static class WhyBench
{
    private const int Months = 2;
    private const int CallsOfMonth = 5_000_000;
    private const int Rounds = 30;
    private const int WarmUps = 3;
    private const double MostMilliseconds = 1_000;

    private static readonly (string Name, string Query)[] Questions = [("all", ""), ("one feature", "&feature=feature-3"), ("one team", "&team=team-1")];

    public static async Task<int> RunAsync()
    {
        await using var app = await AppUnderLoad.StartAsync();
        using (var store = new ClickHouseStore(new ClickHouseOptions { ConnectionString = app.ClickHouse, QueryTimeoutSeconds = 600 }))
            await StoredCalls.StoreAsync(store, await app.TenantAsync(), TimeProvider.System.GetUtcNow(), Months * CallsOfMonth, Months * StoredCalls.Days);
        await AppUnderLoad.QuietAsync(TimeSpan.FromSeconds(30));

        using var client = app.Server.Client(AppUnderLoad.ApiKey);
        var now = TimeProvider.System.GetUtcNow();
        var range = string.Create(CultureInfo.InvariantCulture, $"from={now.AddDays(-StoredCalls.Days):yyyy-MM-ddTHH:mm:ssZ}&to={now:yyyy-MM-ddTHH:mm:ssZ}&beforeFrom={now.AddDays(-Months * StoredCalls.Days):yyyy-MM-ddTHH:mm:ssZ}");
        var times = Questions.Select(_ => new List<double>(Rounds)).ToList();
        for (var round = -WarmUps; round < Rounds; round++)
        {
            for (var i = 0; i < Questions.Length; i++)
            {
                var began = Stopwatch.GetTimestamp();
                using var response = await client.GetAsync($"/api/v1/costs/changes?{range}{Questions[i].Query}");
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                if (round >= 0) times[i].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        Console.WriteLine($"{"why, between two months",-32} {"best ms",8} {"p50 ms",8} {"p95 ms",8}");
        var slow = 0;
        foreach (var ((name, _), one) in Questions.Zip(times))
        {
            one.Sort();
            var p95 = one[(int)(Rounds * 0.95)];
            if (p95 >= MostMilliseconds) slow++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-32} {one[0],8:F1} {one[Rounds / 2],8:F1} {p95,8:F1}{(p95 >= MostMilliseconds ? "  over 1 s" : "")}"));
        }

        return slow == 0 ? 0 : 1;
    }
}
