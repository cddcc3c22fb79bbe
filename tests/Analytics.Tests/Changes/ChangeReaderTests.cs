using FinOps.Analytics.Changes;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Changes;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Logging.Abstractions;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Changes;

public sealed class ChangeReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Before = Range("2026-11-02T00:00:00Z", "2026-11-09T00:07:00Z");
    private static readonly TimeRange After = Range("2026-11-09T00:07:00Z", "2026-11-16T00:00:00Z");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Change_OfTiersPricesAndFeatures_IsTheSameByRowsCellsAndDays()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var calls = Enumerable.Range(0, 14 * 6).SelectMany(i =>
        {
            var start = Before.From.AddHours(4 * i).AddMinutes(i % 7 * 9);
            var isAfter = start >= After.From;
            var input = new UsageVector { InputFresh = isAfter ? 300u : 100u, CacheRead = isAfter ? 0u : 200u, OutputText = 50 };
            // Half of the answers come by batch afterwards, and output is cheaper from the 12th on.
            return new[]
            {
                Call(tenant, i * 3 + 1, start, "search", input, (i & 1) == 0 && isAfter ? "batch" : i % 3 == 0 ? "default" : ""),
                Call(tenant, i * 3 + 2, start, isAfter ? "new" : "old", new UsageVector { InputFresh = 40, OutputText = 4 }, ""),
                Call(other, i * 3 + 3, start, "theirs", new UsageVector { InputFresh = 90_000, OutputText = 4 }, ""),
            };
        }).ToList();
        await StoredCalls.InsertAsync(store, calls);
        var reader = Reader(store);

        var raw = await reader.AskAsync(new ChangeQuestion(ReadScope.Whole(tenant), Before, After) { WithGpus = true }, Token);
        await StoredCalls.RollUpCellsAsync(store, 10);
        var cells = await reader.AskAsync(new ChangeQuestion(ReadScope.Whole(tenant), Before, After) { WithGpus = true }, Token);
        await StoredCalls.RollUpDaysAsync(store, 11);
        var days = await reader.AskAsync(new ChangeQuestion(ReadScope.Whole(tenant), Before, After) { WithGpus = true }, Token);

        Assert.Equal(calls.Where(call => call.Tenant == tenant && call.Start < After.From).Sum(call => call.Cost), raw.Before);
        Assert.Equal(calls.Where(call => call.Tenant == tenant && call.Start >= After.From).Sum(call => call.Cost), raw.After);
        Assert.DoesNotContain(raw.Calls.Pairs, pair => pair.Feature == "theirs");
        Assert.Equal(raw.Change, Enum.GetValues<ChangeCause>().Sum(cause => raw[cause]));
        Assert.True(raw[ChangeCause.CacheRate] > 0);
        Assert.True(raw[ChangeCause.ServiceTier] < 0 && raw[ChangeCause.UnitPrice] < 0);
        Assert.True(raw[ChangeCause.NewFeatures] > 0 && raw[ChangeCause.GoneFeatures] < 0);
        // Volume is 43 calls to 41; the day of the new price is told from the one before, so that nothing is left over.
        Assert.Equal((0m, 0m), (raw[ChangeCause.TokensPerCall], Math.Round(raw[ChangeCause.Other], 10)));
        foreach (var (first, second) in new[] { (raw, cells), (raw, days) })
        {
            Assert.Equal(first.Calls.Pairs.Select(pair => (pair.Feature, pair.Before, pair.After, pair.CallsBefore, pair.CallsAfter)), second.Calls.Pairs.Select(pair => (pair.Feature, pair.Before, pair.After, pair.CallsBefore, pair.CallsAfter)));
            foreach (var cause in Enum.GetValues<ChangeCause>()) Assert.Equal(first[cause], second[cause]);
        }
    }

    [Fact]
    public async Task Change_OfAReaderLimitedToTeamsOrWithAFilter_IsOfTheirCallsAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        await StoredCalls.InsertAsync(store, [
            Call(tenant, 1, Before.From.AddHours(1), "search", new UsageVector { InputFresh = 1000 }, "") with { Team = "ours", User = "u1" },
            Call(tenant, 2, After.From.AddHours(1), "search", new UsageVector { InputFresh = 3000 }, "") with { Team = "ours", User = "u2" },
            Call(tenant, 3, After.From.AddHours(1), "secret", new UsageVector { InputFresh = 9000 }, "") with { Team = "theirs" },
        ]);

        var ours = await Reader(store).AskAsync(new ChangeQuestion(ReadScope.OfTeams(tenant, ["ours"]), Before, After) { WithGpus = true }, Token);
        var filtered = await Reader(store).AskAsync(new ChangeQuestion(ReadScope.Whole(tenant), Before, After) { WithGpus = true, Filter = SpendFilter.Where(Dimension.User, "u1") }, Token);

        var pair = Assert.Single(ours.Calls.Pairs);
        Assert.Equal(("search", 0.004m, 0.004m), (pair.Feature, ours.Change, pair[ChangeCause.TokensPerCall]));
        Assert.Null(ours.Gpus);
        Assert.Equal((-0.002m, -0.002m), (filtered.Change, filtered[ChangeCause.GoneFeatures]));
    }

    [Fact]
    public async Task Change_OfAPriceWithinADay_IsToldByTheHour()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        var noon = Instant("2026-11-12T12:00:00Z");
        await StoredCalls.InsertAsync(store, new[] { -26, -22, -2, 2 }.Select((hours, i) =>
            Call(tenant, i + 1, noon.AddHours(hours), "search", new UsageVector { OutputText = 1000 }, "") with { Cost = hours > 0 ? 0.004m : 0.008m }));
        await StoredCalls.RollUpAsync(store, 1);
        var reader = new ChangeReader(new SpendReader(store), new GpuReader(store), new TwoPrices(noon));

        var answer = await reader.AskAsync(new ChangeQuestion(ReadScope.Whole(tenant), Range("2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z"), Range("2026-11-12T00:00:00Z", "2026-11-13T00:00:00Z")), Token);

        Assert.Equal((-0.004m, -0.004m), (answer.Change, answer[ChangeCause.UnitPrice]));
    }

    [Fact]
    public async Task Migration_OfCellsFromBefore_RollsThoseUpAgainThatHaveTiers()
    {
        var address = await clickHouse.CreateDatabaseAsync();
        address.Database = clickHouse.NewName();
        using var store = ClickHouseFixture.Open(address);
        var migrator = new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance);
        await migrator.ApplyAsync(17, Token);
        // What stores calls here tells their keys, policies and caches, whose columns are younger.
        await StoredCalls.RunAsync(store, "ALTER TABLE calls ADD COLUMN key_id UUID AFTER project_id, ADD COLUMN policies LowCardinality(String), ADD COLUMN gateway_key LowCardinality(String), ADD COLUMN cache LowCardinality(String), ADD COLUMN tokens_avoided UInt32");
        var tenant = SpendReaderTests.NewTenant();
        await StoredCalls.InsertAsync(store, [Call(tenant, 1, Before.From, "a", default, "default"), Call(tenant, 2, Before.From.AddHours(1), "a", default, "Flex"), Call(tenant, 3, Before.From.AddHours(2), "a", default, "batch")]);
        await StoredCalls.RunAsync(store, "INSERT INTO roll_up_cells (tenant_id, cell, generation, changes) SELECT tenant_id, cell, 1, sum(changes) FROM cell_changes GROUP BY tenant_id, cell");

        await migrator.MigrateAsync(null, Token);

        var state = CellState.Of(await store.QueryAsync(new PendingCells(tenant, Before), Token));
        Assert.Equal([(uint)Before.From.AddHours(1).ToUnixTimeSeconds(), (uint)Before.From.AddHours(2).ToUnixTimeSeconds()], state.Pending);
    }

    private static ChangeReader Reader(ClickHouseStore store) => new(new SpendReader(store), new GpuReader(store), new TwoPrices(TwoPrices.Change));

    private static StoredCall Call(TenantId tenant, int span, DateTimeOffset start, string feature, UsageVector usage, string tier) => new(tenant, start)
    {
        Trace = new TraceId(1, (ulong)span),
        Span = (ulong)span,
        Feature = feature,
        Provider = "own",
        ServedModel = "m",
        ServedTier = tier == "batch" ? "" : tier,
        Batch = tier == "batch",
        Usage = usage,
        Cost = (usage.InputFresh * 0.000002m + usage.CacheRead * 0.000001m + usage.OutputText * (start >= TwoPrices.Change ? 0.000004m : 0.000008m)) / (tier == "batch" ? 2 : 1),
    };

    /// <summary>USD for a million tokens: 2 in, 1 from a cache, 8 out and 4 from the 12th on; half by batch.</summary>
    private sealed class TwoPrices(DateTimeOffset change) : IPriceSource
    {
        public static readonly DateTimeOffset Change = Instant("2026-11-12T00:00:00Z");

        private readonly PriceSnapshot _book = PriceSnapshot.Create(
            [new PriceProvider("own", "Own", null, null, [])],
            [.. new[] { false, true }.SelectMany(batch => new[]
            {
                Row(Meter.Input, 2m, batch), Row(Meter.CacheRead, 1m, batch), Row(Meter.Output, 8m, batch) with { ValidTo = change }, Row(Meter.Output, 4m, batch) with { ValidFrom = change },
            })], "test");

        public PriceSnapshot Current(TenantId tenant) => _book;

        private static PriceRow Row(Meter meter, decimal price, bool batch) => new()
        {
            Provider = "own",
            Model = "m",
            Match = ModelMatch.Exactly("m"),
            Meter = meter,
            UnitSize = 1_000_000m,
            Price = batch ? price / 2 : price,
            Batch = batch,
        };
    }
}
