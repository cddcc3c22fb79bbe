using System.Diagnostics;
using System.Globalization;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Bench.Queries;
using FinOps.Domain.Tenancy;
using FinOps.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Bench.Rating;

/// <summary>Two million calls of 30 days rated anew on the real engines, each of them with another cost, beside reading the same rows and doing nothing.</summary>
internal static class RerateBench
{
    private const int MaxSeconds = 60;

    private static CancellationToken Never => CancellationToken.None;

    public static async Task<int> RunAsync()
    {
        await using var engines = await Engines.StartAsync();
        var (postgres, clickHouse) = await engines.NewDatabasesAsync();
        await using var services = new ServiceCollection().AddLogging().AddPostgres(new PostgresOptions { ConnectionString = postgres }).BuildServiceProvider();
        await services.GetRequiredService<PostgresMigrator>().MigrateAsync(Never);
        services.GetRequiredService<StoresReady>().Open();
        using var store = new ClickHouseStore(new ClickHouseOptions { ConnectionString = clickHouse, QueryTimeoutSeconds = 300 });
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, Never);

        var database = services.GetRequiredService<FinOpsDatabase>();
        await new ImportPrices(database, TimeProvider.System, NullLogger<ImportPrices>.Instance).RunAsync(List(), Never);
        using var prices = new PostgresPriceSource(
            database, services.GetRequiredService<StoresReady>(), Options.Create(new PriceOptions()), TimeProvider.System, NullLogger<PostgresPriceSource>.Instance);
        await prices.RefreshAsync(Never);
        var tenant = (await services.GetRequiredService<Tenants>().EnsureAsync("bench", Never)).Id;
        var now = TimeProvider.System.GetUtcNow();
        await StoredCalls.StoreAsync(store, tenant, now);

        var options = Options.Create(new ReratingOptions());
        var reratings = new Reratings(database, store, TimeProvider.System, options, services);
        var job = new RerateCalls(reratings, store, new PriceHistory(database, prices, Options.Create(new PriceOptions())), options, NullLogger<RerateCalls>.Instance);
        var range = TimeRange.Ending(now, TimeSpan.FromDays(StoredCalls.Days));
        var run = await reratings.RequestAsync(tenant, new ReratingRequest(range, null, null, "bench"), Actor.Start, Never);
        var read = await TimeAsync(() => ReadAsync(store, run));
        var preview = await TimeAsync(() => job.RunAsync(tenant.Value, run.Id, Never));
        run = (await reratings.ApplyAsync(tenant, run.Id, Actor.Start, Never))!;
        var apply = await TimeAsync(() => job.RunAsync(tenant.Value, run.Id, Never));
        run = (await reratings.FindAsync(tenant, run.Id, Never))!;
        var cost = (await new SpendReader(store).SumAsync(new SpendQuestion(ReadScope.Whole(tenant), range), Never)).Cost;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"rerate ({run.Calls:N0} calls, {run.ChangedCalls:N0} with another cost): reading alone {read:F1} s; preview {preview:F1} s, applying {apply:F1} s, together {preview + apply:F1} s (asked for: {MaxSeconds}); stored sum {cost:F2}, previewed {run.NewCost:F2} USD"));
        return preview + apply < MaxSeconds && cost == run.NewCost && run is { State: ReratingState.Applied, Calls: StoredCalls.TwoMillion } ? 0 : 1;
    }

    private static async Task ReadAsync(ClickHouseStore store, Rerating run)
    {
        var whole = ReratingSlice.Whole(run);
        var cells = await store.QueryAsync(new CellsToRerate(whole.Tenant, whole.From, whole.To), Never);
        foreach (var (from, to, _) in RerateCalls.Slices(cells, new ReratingOptions().SliceWrites))
        {
            await foreach (var call in store.StreamAsync(new RateableCalls(whole with { From = from, To = to }, null, null, run.BookVersion), Never))
                GC.KeepAlive(call);
        }
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>A price for each of the stored models.</summary>
    private static PublicCatalogue List()
    {
        var model = """{"id":"any","match":{"starts_with":"model-"},"prices":[{"meters":{"input_mtok":2.5,"cache_read_mtok":0.25,"output_mtok":10}}]}""";
        var sellers = string.Join(',', ((string[])["openai", "anthropic", "google", "aws"]).Select(id => $$"""{"id":"{{id}}","name":"{{id}}","models":[{{model}}]}"""));
        return PublicCatalogue.Read(Encoding.UTF8.GetBytes($$"""{"format":1,"source":"bench","version":"1","providers":[{{sellers}}]}"""));
    }
}
