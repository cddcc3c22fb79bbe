using System.Globalization;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Reratings;

/// <summary>Calls of one tenant rated anew, in both real stores: seen first, then applied, then taken back; interrupted, done twice, and met by settling.</summary>
public sealed class RerateCallsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private const int Calls = 240;

    private static readonly DateTimeOffset Start = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeRange Day = new(Start, Start.AddDays(1));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARange_PreviewedAppliedAndTakenBack_ChangesItsOwnCallsAlone()
    {
        await using var world = await World.NewAsync(postgres, clickHouse);
        var run = await world.RequestAsync();
        await world.Job().RunAsync(world.Mine.Value, run.Id, Token);

        // Half of the calls have a model that only the new book knows; the others become dearer by 1 USD a million tokens.
        run = await world.FindAsync(run);
        Assert.Equal((ReratingState.Previewed, Calls, Calls, Calls / 2, 0L), (run.State, run.Calls, run.ChangedCalls, run.PricedCalls, run.UnpricedCalls));
        Assert.Equal((0.24m, 0.84m), (run.OldCost, run.NewCost));
        Assert.Equal(0.24m, await world.CostAsync(world.Mine));
        Assert.Equal(
            [new ReratingDifference("new", 120, 0m, 0.48m, 120, 0), new ReratingDifference("m", 120, 0.24m, 0.36m, 0, 0)],
            await world.Reader.DifferencesAsync(run, ReratingGroup.Model, Token));
        Assert.Equal(["2026-11-20"], (await world.Reader.DifferencesAsync(run, ReratingGroup.Day, Token)).Select(day => day.Name));
        Assert.Empty(await world.Reader.DifferencesAsync(await world.OfAnotherTenantAsync(run), ReratingGroup.Model, Token));

        // Not the same calls twice at a time; others of them may be.
        var refusal = await Assert.ThrowsAsync<TenancyException>(() => world.RequestAsync());
        Assert.Contains(run.Id.ToString(), refusal.Message, StringComparison.Ordinal);
        Assert.Null(await world.Reratings.ApplyAsync(world.Theirs, run.Id, Actor.Start, Token));

        for (var round = 0; round < 2; round++)
        {
            await world.Reratings.ApplyAsync(world.Mine, run.Id, Actor.Start, Token);
            await world.Job().RunAsync(world.Mine.Value, run.Id, Token);
            Assert.Equal(0.84m, await world.CostAsync(world.Mine));
            Assert.Equal(2 * Calls, await world.RowsAsync(world.Mine));
        }

        Assert.Equal(0, await world.UnpricedAsync(world.Mine));
        var call = (await world.Calls.AskAsync(new CallsQuestion(ReadScope.Whole(world.Mine), Day) { Filter = SpendFilter.Where(Dimension.Model, "new"), Limit = 1 }, Token)).Calls[0];
        var detail = await world.Calls.AskAsync(new CallQuestion(ReadScope.Whole(world.Mine), call.Id), Token);
        Assert.Equal((true, run.BookVersion, 0.004m, (TodaysCost?)null), (detail!.IsExplained, detail.Report.BookVersion, detail.Call.Cost!.Value, detail.Today));
        var change = Assert.Single(await world.Reader.HistoryAsync(world.Mine, detail.Report, Token));
        Assert.Equal((run.Id, null, 0.004m, null), (change.Rerating, change.OldCost, change.NewCost, change.RevertedAt));
        Assert.Empty(await world.Reader.HistoryAsync(world.Theirs, detail.Report, Token));

        await world.Reratings.RevertAsync(world.Mine, run.Id, Actor.Start, Token);
        await world.Job().RunAsync(world.Mine.Value, run.Id, Token);
        Assert.Equal(ReratingState.Reverted, (await world.FindAsync(run)).State);
        Assert.Equal((0.24m, Calls / 2), (await world.CostAsync(world.Mine), await world.UnpricedAsync(world.Mine)));
        Assert.NotNull(Assert.Single(await world.Reader.HistoryAsync(world.Mine, detail.Report, Token)).RevertedAt);
        Assert.Equal((0.24m, Calls), (await world.CostAsync(world.Theirs), await world.RowsAsync(world.Theirs)));
    }

    /// <summary>Killed after a slice was written and before that was noted, in each of the three states.</summary>
    [Fact]
    public async Task AWorker_KilledHalfway_IsFollowedByOneThatGoesOn()
    {
        await using var world = await World.NewAsync(postgres, clickHouse);
        var run = await world.RequestAsync();
        await KilledAndResumedAsync(ReratingState.Previewed);
        Assert.Equal((Calls, Calls, 0.24m, 0.84m), (run.Calls, run.ChangedCalls, run.OldCost, run.NewCost));

        await world.Reratings.ApplyAsync(world.Mine, run.Id, Actor.Start, Token);
        await KilledAndResumedAsync(ReratingState.Applied);
        Assert.Equal((0.84m, 0L), (await world.CostAsync(world.Mine), run.MovedCalls));

        await world.Reratings.RevertAsync(world.Mine, run.Id, Actor.Start, Token);
        await KilledAndResumedAsync(ReratingState.Reverted);
        Assert.Equal(0.24m, await world.CostAsync(world.Mine));

        async Task KilledAndResumedAsync(ReratingState done)
        {
            // The clock is looked at twice to take the work, and once for each note: the third note is not made any more.
            using var killed = CancellationTokenSource.CreateLinkedTokenSource(Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.Job(new KillingClock(killed, looks: 5)).RunAsync(world.Mine.Value, run.Id, killed.Token));
            run = await world.FindAsync(run);
            Assert.True(run.IsAtWork);
            Assert.InRange(run.WritesDone, 1, run.WritesInRange - 1);

            // Held by the one that was killed: nobody else works on it, until it has shown no sign of life for too long.
            await world.Resume(TimeProvider.System).RunAsync(Token);
            Assert.Equal(run.WritesDone, (await world.FindAsync(run)).WritesDone);
            await world.Resume(new LaterClock(TimeSpan.FromMinutes(5))).RunAsync(Token);
            run = await world.FindAsync(run);
            Assert.Equal((done, 1d), (run.State, run.Done));
        }
    }

    [Fact]
    public async Task ACall_SettledBetweenPreviewAndApplying_KeepsItsTagsAndGetsTheNewCost()
    {
        await using var world = await World.NewAsync(postgres, clickHouse);
        var run = await world.RequestAsync();
        await world.Job().RunAsync(world.Mine.Value, run.Id, Token);
        // As settling writes: a version of the clock, other tags, the cost that it had. And a call that arrived late, rated by the book of today.
        var settled = World.Call(world.Mine, 7) with { Version = 1_795_000_000_000_000, Team = "payments" };
        await StoredCalls.InsertAsync(world.Store, [settled, World.Call(world.Mine, 9_000) with { Cost = 55 }]);

        await world.Reratings.ApplyAsync(world.Mine, run.Id, Actor.Start, Token);
        await world.Job().RunAsync(world.Mine.Value, run.Id, Token);

        run = await world.FindAsync(run);
        Assert.Equal((ReratingState.Applied, 1L), (run.State, run.MovedCalls));
        Assert.Equal(0.84m + 55, await world.CostAsync(world.Mine));
        Assert.Equal(("payments", 0.003m), await world.TeamAndCostAsync(settled.Id));

        await world.Reratings.RevertAsync(world.Mine, run.Id, Actor.Start, Token);
        await world.Job().RunAsync(world.Mine.Value, run.Id, Token);
        Assert.Equal(0.24m + 55, await world.CostAsync(world.Mine));
        Assert.Equal(("payments", 0.002m), await world.TeamAndCostAsync(settled.Id));
    }

    [Fact]
    public async Task ARerating_Cancelled_StopsAtItsNextSliceAndFreesItsRange()
    {
        await using var world = await World.NewAsync(postgres, clickHouse);
        var run = await world.RequestAsync(model: "new");
        await world.Reratings.CancelAsync(world.Mine, run.Id, Actor.Start, Token);
        await world.Job().RunAsync(world.Mine.Value, run.Id, Token);
        Assert.Equal((ReratingState.Cancelled, 0L), ((await world.FindAsync(run)).State, (await world.FindAsync(run)).Calls));
        await Assert.ThrowsAsync<TenancyException>(() => world.Reratings.ApplyAsync(world.Mine, run.Id, Actor.Start, Token));

        var next = await world.RequestAsync(model: "new");
        // Other calls of the same range may be rated anew beside it.
        await world.RequestAsync(model: "m");
        await world.Job().RunAsync(world.Mine.Value, next.Id, Token);
        Assert.Equal((Calls / 2, 0.48m), ((await world.FindAsync(next)).Calls, (await world.FindAsync(next)).NewCost));
    }

    [Fact]
    public void Slices_OfCells_HoldAtMostSoManyWritesOrOneCell() => Assert.Equal(
        [(0L, 1_800_000_000L, 90L), (3_600_000_000L, 4_500_000_000L, 500L), (4_500_000_000L, 6_300_000_000L, 100L)],
        RerateCalls.Slices([new(0, 40), new(900, 50), new(3600, 500), new(4500, 60), new(5400, 40)], 100));

    private sealed class KillingClock(CancellationTokenSource killed, int looks) : TimeProvider
    {
        private int _looks;

        public override DateTimeOffset GetUtcNow()
        {
            if (Interlocked.Increment(ref _looks) == looks) killed.Cancel();
            return base.GetUtcNow();
        }
    }

    private sealed class LaterClock(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + later;
    }

    private sealed class World(ServiceProvider services, ClickHouseStore store, PostgresPriceSource prices) : IAsyncDisposable
    {
        public TenantId Mine { get; private set; }
        public TenantId Theirs { get; private set; }
        public ClickHouseStore Store => store;
        public FinOps.Analytics.Reratings.Reratings Reratings => At(TimeProvider.System);
        public ReratingReader Reader => new(store, Reratings);
        public CallsReader Calls => new(store, prices, History);

        private PriceHistory History => new(Database, prices, Options.Create(new PriceOptions()));

        private FinOpsDatabase Database => services.GetRequiredService<FinOpsDatabase>();

        private static IOptions<ReratingOptions> Small => Options.Create(new ReratingOptions { SliceWrites = 30 });

        public static async Task<World> NewAsync(PriceBookFixture postgres, ClickHouseFixture clickHouse)
        {
            var services = await postgres.CreateAsync();
            var database = services.GetRequiredService<FinOpsDatabase>();
            var prices = new PostgresPriceSource(
                database, services.GetRequiredService<StoresReady>(), Options.Create(new PriceOptions()), TimeProvider.System, NullLogger<PostgresPriceSource>.Instance);
            var world = new World(services, await clickHouse.CreateStoreAsync(), prices);
            var import = new ImportPrices(database, TimeProvider.System, NullLogger<ImportPrices>.Instance);
            await import.RunAsync(List("1", """{"id":"m","match":{"equals":"m"},"prices":[{"meters":{"input_mtok":2}}]}"""), Token);
            await import.RunAsync(List("2", """{"id":"m","match":{"equals":"m"},"prices":[{"meters":{"input_mtok":3}}]},{"id":"new","match":{"equals":"new"},"prices":[{"meters":{"input_mtok":4}}]}"""), Token);
            await prices.RefreshAsync(Token);
            var tenants = services.GetRequiredService<Tenants>();
            (world.Mine, world.Theirs) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id);
            foreach (var tenant in (TenantId[])[world.Mine, world.Theirs])
                await StoredCalls.InsertAsync(world.Store, Enumerable.Range(0, RerateCallsTests.Calls).Select(i => Call(tenant, i)));
            return world;
        }

        /// <summary>A thousand tokens, as the first book priced them: model m for 2 USD a million, model "new" not at all.</summary>
        public static StoredCall Call(TenantId tenant, int i) => new(tenant, Start.AddMinutes(i % 240 * 5))
        {
            Trace = new TraceId(7, (ulong)i),
            Span = (ulong)i + 1,
            Provider = "p",
            RequestedModel = i % 2 == 0 ? "new" : "m",
            Feature = "f",
            Usage = new UsageVector { InputFresh = 1000 },
            Cost = i % 2 == 0 ? 0 : 0.002m,
            Flags = i % 2 == 0 ? CallFlags.Unpriced : CallFlags.None,
        };

        public FinOps.Analytics.Reratings.Reratings At(TimeProvider clock) => new(Database, store, clock, Small, services);

        public RerateCalls Job() => Job(TimeProvider.System);

        public RerateCalls Job(TimeProvider clock) => new(At(clock), store, History, Small, NullLogger<RerateCalls>.Instance);

        public ResumeReratings Resume(TimeProvider clock) => new(At(clock), Job(clock));

        public Task<Rerating> RequestAsync(string? model = null) => Reratings.RequestAsync(Mine, new ReratingRequest(Day, null, model, "a better list"), Actor.Start, Token);

        public async Task<Rerating> FindAsync(Rerating run) => (await Reratings.FindAsync(Mine, run.Id, Token))!;

        public async Task<Rerating> OfAnotherTenantAsync(Rerating run)
        {
            Assert.Null(await Reratings.FindAsync(Theirs, run.Id, Token));
            return new Rerating
            {
                TenantId = Theirs.Value,
                Id = run.Id,
                From = run.From,
                To = run.To,
                Reason = "",
                RequestedAt = run.RequestedAt,
                RequestedBy = "",
                BookVersion = run.BookVersion,
                State = run.State,
                NextStart = run.From,
                StateSince = run.StateSince,
                Problem = "",
            };
        }

        public async Task<decimal> CostAsync(TenantId tenant) => (await new SpendReader(store).SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Day), Token)).Cost;

        public async Task<long> UnpricedAsync(TenantId tenant) => (await new SpendReader(store).SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Day), Token)).UnpricedCalls;

        public async Task<long> RowsAsync(TenantId tenant)
        {
            using var connection = store.CreateConnection();
            // What was written, merged or not.
            using var command = connection.CreateCommand($"SELECT sum(changes) FROM cell_changes WHERE tenant_id = '{tenant}'");
            return Convert.ToInt64(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
        }

        public async Task<(string Team, decimal Cost)> TeamAndCostAsync(CallId call)
        {
            var found = (await Calls.AskAsync(new CallsQuestion(ReadScope.Whole(Mine), Day) { Search = call.ToString() }, Token)).Calls.Single();
            return (found.Team, found.Cost!.Value);
        }

        private static PublicCatalogue List(string version, string models) => PublicCatalogue.Read(Encoding.UTF8.GetBytes(
            $$"""{"format":1,"source":"s","version":"{{version}}","providers":[{"id":"p","name":"P","models":[{{models}}]}]}"""));

        public async ValueTask DisposeAsync()
        {
            prices.Dispose();
            store.Dispose();
            await services.DisposeAsync();
        }
    }
}
