using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Bench.Queries;

/// <summary>How long it takes to take the costs of a million calls of a month apart into line items by day, as exports and reconciliation do.</summary>
internal static class LineBench
{
    private const int Calls = 1_000_000;

    public static async Task<int> RunAsync()
    {
        await using var engines = await Engines.StartAsync();
        var (_, address) = await engines.NewDatabasesAsync();
        using var store = new ClickHouseStore(new ClickHouseOptions { ConnectionString = address, QueryTimeoutSeconds = 300 });
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, CancellationToken.None);
        var tenant = new TenantId(Guid.NewGuid());
        var now = TimeProvider.System.GetUtcNow();
        await StoredCalls.StoreAsync(store, tenant, now, Calls);
        var reader = new LineReader(store, new OnePrice());
        var range = TimeRange.Ending(now, TimeSpan.FromDays(StoredCalls.Days));
        foreach (var tags in (Tag[][])[[], [Tag.Feature, Tag.Team, Tag.Customer, Tag.Environment]])
        {
            var began = Stopwatch.GetTimestamp();
            var lines = 0;
            await foreach (var _ in reader.ReadAsync(new LineQuestion(ReadScope.Whole(tenant), range) { Tags = tags }, CancellationToken.None)) lines++;
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Calls:N0} calls into {lines:N0} lines ({tags.Length} tags) in {seconds:F1} s, {Calls / seconds:N0} calls a second, working set {Environment.WorkingSet / 1_048_576} MB"));
        }

        return 0;
    }

    /// <summary>A price of tokens for the made-up models.</summary>
    private sealed class OnePrice : IPriceHistory
    {
        private readonly PriceSnapshot _prices = PriceSnapshot.Create(
            [],
            [
                .. from seller in (string[])["openai", "anthropic", "google", "aws"]
                   from meter in (Meter[])[Meter.Input, Meter.CacheRead, Meter.Output]
                   select new PriceRow
                   {
                       Provider = seller, Model = "any", Match = ModelMatch.Parse("""{"starts_with":"model-"}"""), Meter = meter, UnitSize = 1_000_000m, Price = 1.25m, Tenant = new TenantId(Guid.NewGuid()),
                   },
            ],
            "bench");

        public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) => Task.FromResult(_prices);
    }
}
