using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Units;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Bench.Queries;

/// <summary>Every question of the overview (and some of Explore and Calls) over two million calls of 30 days, on the real engine with its caches of answers off.</summary>
internal static class QueryBench
{
    private const int Rounds = 40;
    private const int WarmUps = 3;
    private const int MaxMilliseconds = 100;

    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-1111-1111-111111111111", CultureInfo.InvariantCulture));

    public static async Task<int> RunAsync()
    {
        await using var engines = await Engines.StartAsync();
        var (_, address) = await engines.NewDatabasesAsync();
        // Caches that would answer the second round from the first are off.
        using var store = new ClickHouseStore(new ClickHouseOptions
        {
            ConnectionString = address + ";set_use_query_cache=0;set_use_query_condition_cache=0",
            QueryTimeoutSeconds = 300,
        });
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, CancellationToken.None);
        var now = TimeProvider.System.GetUtcNow();
        await StoredCalls.StoreAsync(store, Tenant, now);
        await StoredCalls.TellOutcomesAsync(store, Tenant);
        return await MeasureAsync(store, now);
    }

    private static async Task<int> MeasureAsync(ClickHouseStore store, DateTimeOffset now)
    {
        // As a page asks: which cells are pending is read once for all its figures, and is a line of its own here.
        var spend = new SpendReader(store).Together();
        var units = new UnitCostReader(store, spend);
        var calls = new CallsReader(store, new NoPrices(), new NoPrices());
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var month = TimeRange.Ending(now, TimeSpan.FromDays(StoredCalls.Days));
        var questions = new List<(string Name, bool IsOverview, Func<Task> Ask)>
        {
            ("which cells are pending (once for a page)", true, () => store.QueryAsync(new PendingCells(Tenant, month), default)),
            ("tiles: today, month, run rate", true, () => spend.AskAsync(new TotalsQuestion(ReadScope.Whole(Tenant), now) { TimeZone = berlin }, default)),
            ("split by feature and day", true, () => spend.AskAsync(new SplitQuestion(ReadScope.Whole(Tenant), month, Dimension.Feature, Granularity.Day) { TimeZone = berlin }, default)),
            ("split by customer and day", true, () => spend.AskAsync(new SplitQuestion(ReadScope.Whole(Tenant), month, Dimension.Customer, Granularity.Day) { TimeZone = berlin }, default)),
            ("top features", true, () => TopAsync(Dimension.Feature)),
            ("top models", true, () => TopAsync(Dimension.Model)),
            ("top teams", true, () => TopAsync(Dimension.Team)),
            ("top customers", true, () => TopAsync(Dimension.Customer)),
            ("top users", true, () => TopAsync(Dimension.User)),
            ("data lag", true, () => spend.AskAsync(new DataLagQuestion(ReadScope.Whole(Tenant)), default)),
            ("explore: model by hour", false, () => spend.AskAsync(new SplitQuestion(ReadScope.Whole(Tenant), month, Dimension.Model, Granularity.Hour), default)),
            ("explore: user by day", false, () => spend.AskAsync(new SplitQuestion(ReadScope.Whole(Tenant), month, Dimension.User, Granularity.Day), default)),
            ("coverage of tags", false, () => spend.AskAsync(new CoverageQuestion(ReadScope.Whole(Tenant), month), default)),
            ("explore: feature x model by day", false, () => spend.AskAsync(new SpendQuestion(ReadScope.Whole(Tenant), month) { Granularity = Granularity.Day, GroupBy = [Dimension.Feature, Dimension.Model] }, default)),
            ("explore: feature x customer (raw rows)", false, () => spend.AskAsync(new SpendQuestion(ReadScope.Whole(Tenant), month) { GroupBy = [Dimension.Feature, Dimension.Customer] }, default)),
            ("unit cost: users by day", false, () => units.AskAsync(Unit(CostUnit.User) with { Granularity = Granularity.Day }, default)),
            ("unit cost: customers", false, () => units.AskAsync(Unit(CostUnit.Customer), default)),
            ("unit cost: sessions (raw rows)", false, () => units.AskAsync(Unit(CostUnit.Session), default)),
            ("unit cost: users by model (raw rows)", false, () => units.AskAsync(Unit(CostUnit.User) with { GroupBy = Dimension.Model }, default)),
            ("unit cost: successes by feature (raw rows)", false, () => units.AskAsync(Unit(CostUnit.Outcome) with { GroupBy = Dimension.Feature }, default)),
            ("how sessions spread (raw rows)", false, () => units.AskAsync(new UnitSpreadQuestion(ReadScope.Whole(Tenant), month, CostUnit.Session), default)),
            ("calls: first page", false, () => calls.AskAsync(new CallsQuestion(ReadScope.Whole(Tenant), month), default)),
            ("calls: unpriced of one feature", false, () => calls.AskAsync(new CallsQuestion(ReadScope.Whole(Tenant), month) { Unpriced = true, Filter = SpendFilter.Where(Dimension.Feature, "feature-3") }, default)),
        };
        Console.WriteLine($"{"question",-42} {"best ms",8} {"p50 ms",8} {"p95 ms",8}");
        var slow = 0;
        var times = await TimeAsync([.. questions.Select(question => question.Ask)]);
        foreach (var ((name, isOverview, _), (best, p50, p95)) in questions.Zip(times))
        {
            var mark = isOverview && p95 >= MaxMilliseconds ? "  over 100 ms" : "";
            if (mark.Length > 0) slow++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-42} {best,8:F1} {p50,8:F1} {p95,8:F1}{mark}"));
        }

        return slow == 0 ? 0 : 1;

        UnitCostQuestion Unit(CostUnit unit) => new(ReadScope.Whole(Tenant), month, unit) { Outcome = unit == CostUnit.Outcome ? new CountedOutcome("resolved", []) : null };

        Task TopAsync(Dimension dimension) => spend.AskAsync(new TopQuestion(ReadScope.Whole(Tenant), month, dimension), default);
    }

    /// <summary>All questions in turn, round after round, so that a busy second of the machine meets each of them. The best tells what a question costs by itself: it moves least.</summary>
    private static async Task<List<(double Best, double P50, double P95)>> TimeAsync(IReadOnlyList<Func<Task>> questions)
    {
        var times = questions.Select(_ => new List<double>(Rounds)).ToList();
        for (var round = -WarmUps; round < Rounds; round++)
        {
            for (var i = 0; i < questions.Count; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await questions[i]();
                if (round >= 0) times[i].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        foreach (var one in times) one.Sort();
        return [.. times.Select(one => (one[0], one[Rounds / 2], one[(int)(Rounds * 0.95)]))];
    }

    private sealed class NoPrices : IPriceSource, IPriceHistory
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;

        public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) => Task.FromResult(PriceSnapshot.Empty);
    }
}
