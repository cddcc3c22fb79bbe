using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Retention;

/// <summary>What goes and what stays, in both real stores.</summary>
public sealed class ApplyRetentionTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Now = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(12), TimeSpan.Zero);

    private static readonly TimeRange Quarter = new(Now.AddDays(-90), Now.AddDays(1));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OfAShorterRetention_RemovesItsTenantsCallsAlone_AndNoSum()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        foreach (var tenant in (TenantId[])[mine, theirs])
        {
            await StoredCalls.InsertAsync(place.Store,
            [
                new StoredCall(tenant, Now.AddDays(-40)) { Span = 1, Feature = "old", User = "ann", Cost = 7 },
                new StoredCall(tenant, Now.AddDays(-40)) { Span = 2, Feature = "old", User = "bob", Cost = 8 },
                new StoredCall(tenant, Now.AddDays(-2)) { Span = 3, Feature = "new", User = "ann", Cost = 1 },
            ]);
            await place.RollUpAsync(tenant);
        }

        var before = await place.FiguresAsync(mine);
        var preview = await place.Retentions.PreviewAsync(mine, place.Retentions.Defaults with { Calls = 30 }, Token);
        Assert.Equal((2, 0), (preview[RetentionClass.Calls], preview[RetentionClass.Sums]));
        await place.Retentions.SetAsync(mine, place.Retentions.Defaults with { Calls = 30 }, Actor.Start, Token);

        await place.ApplyAsync();

        Assert.Equal((1, 3), (await place.CountAsync("calls", mine), await place.CountAsync("calls", theirs)));
        Assert.Equal(before, await place.FiguresAsync(mine));
        var entry = Assert.Single((await place.Audit.AskAsync(new AuditQuestion(mine) { Act = AuditActs.DataDeleted }, Token)).Entries);
        Assert.Equal("""{"calls":2}""", entry.After);
        Assert.Empty((await place.Audit.AskAsync(new AuditQuestion(theirs) { Act = AuditActs.DataDeleted }, Token)).Entries);

        // What arrives for a closed day changes no sum, keeps no job busy, and goes with the next run.
        await StoredCalls.InsertAsync(place.Store, [new StoredCall(mine, Now.AddDays(-40)) { Span = 9, Feature = "late", User = "ann", Cost = 100 }]);
        Assert.Equal(before, await place.FiguresAsync(mine));
        Assert.Empty(await place.Store.QueryAsync(new RebuildCellsTenants(0, 600), Token));
        await place.RollUpAsync(mine);
        Assert.Empty(await place.Store.QueryAsync(new RebuildAllTenants(0), Token));
        Assert.Equal(before, await place.FiguresAsync(mine));
        await place.ApplyAsync();
        Assert.Equal((1, 3), (await place.CountAsync("calls", mine), await place.CountAsync("calls", theirs)));
    }

    [Fact]
    public async Task Run_BeforeCellsAreSummedUp_LeavesTheirCalls()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var tenant = await place.TenantAsync("Busy");
        await place.Retentions.SetAsync(tenant, place.Retentions.Defaults with { Calls = 30 }, Actor.Start, Token);
        await StoredCalls.InsertAsync(place.Store, [new StoredCall(tenant, Now.AddDays(-40)) { Cost = 7 }]);

        await place.ApplyAsync();
        Assert.Equal(1, await place.CountAsync("calls", tenant));

        await place.RollUpAsync(tenant);
        // Closed a moment ago is not yet long enough.
        await place.ApplyAsync(new RetentionOptions { UndoHours = 0, ClosedMinutes = 30 });
        Assert.Equal((1, 1), (await place.CountAsync("calls", tenant), await place.CountAsync("closed_cells", tenant)));
        await place.ApplyAsync();
        Assert.Equal(0, await place.CountAsync("calls", tenant));
    }

    [Fact]
    public async Task Run_OfShorterSums_RemovesTheirCellsEverywhere()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var tenant = await place.TenantAsync("Forgetful");
        await StoredCalls.InsertAsync(place.Store, [new StoredCall(tenant, Now.AddDays(-40)) { Cost = 7 }, new StoredCall(tenant, Now.AddDays(-2)) { Span = 2, Cost = 1 }]);
        await place.RollUpAsync(tenant);
        // What GPUs, vector databases and buckets cost is no sum of calls.
        foreach (var table in RetainedTable.All.Where(table => table.Name.StartsWith("device_", StringComparison.Ordinal) || table.Name.StartsWith("data_store_", StringComparison.Ordinal)))
            await place.InsertCellsAsync(table.Name, tenant, Now.AddDays(-40), Now.AddDays(-2));
        await place.Retentions.SetAsync(tenant, place.Retentions.Defaults with { Calls = 30, Sums = 30 }, Actor.Start, Token);

        await place.ApplyAsync();

        foreach (var table in RetainedTable.All.Where(table => table.Class == RetentionClass.Sums)) Assert.Equal(1, await place.CountAsync(table.Name, tenant));
        Assert.Equal(1m, (await place.Spend.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Quarter), Token)).Cost);
    }

    [Fact]
    public async Task Set_WithinItsTimeToUndo_RemovesNothing_AndTheSameAgainIsNoChange()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse, new RetentionOptions());
        var tenant = await place.TenantAsync("Hasty");
        await StoredCalls.InsertAsync(place.Store, [new StoredCall(tenant, Now.AddDays(-40)) { Cost = 7 }]);
        await place.RollUpAsync(tenant);

        var set = await place.Retentions.SetAsync(tenant, place.Retentions.Defaults with { Calls = 30 }, Actor.Start, Token);
        var again = await place.Retentions.SetAsync(tenant, place.Retentions.Defaults with { Calls = 30 }, Actor.OfJob("other"), Token);
        await place.ApplyAsync(new RetentionOptions { ClosedMinutes = 0 });

        Assert.NotNull(set.InForceFrom);
        Assert.Equal("start", again.ChangedBy);
        Assert.Equal(1, await place.CountAsync("calls", tenant));
        Assert.Single((await place.Audit.AskAsync(new AuditQuestion(tenant) { Act = AuditActs.RetentionChanged }, Token)).Entries);
        await Assert.ThrowsAsync<TenancyException>(() => place.Retentions.SetAsync(tenant, place.Retentions.Defaults with { Links = 4 }, Actor.Start, Token));
    }

    [Fact]
    public void Tables_OfTenantsRows_AllHaveAClassOrAReason() =>
        Assert.Equal(ClickHouseWalls.TenantTables, RetainedTable.All.Select(table => table.Name).Concat(RetainedTable.Kept.Keys).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(400, 3, 90, 400, 1_100, 30, true)]
    [InlineData(7, 1, 7, 7, 7, 1, true)]
    [InlineData(7, 1, 7, 7, 7, 90, true)]
    [InlineData(6, 3, 90, 400, 1_100, 30, false)]
    [InlineData(400, 4, 90, 400, 1_100, 30, false)]
    [InlineData(400, 3, 91, 400, 1_100, 30, false)]
    [InlineData(400, 3, 90, 400, 399, 30, false)]
    [InlineData(400, 3, 90, 400, 1_100, 0, false)]
    [InlineData(400, 3, 90, 400, 1_100, 91, false)]
    public void Days_OutOfTheirLimits_AreAProblem(int calls, int links, int events, int samples, int sums, int callSamples, bool fine) =>
        Assert.Equal(fine, new RetentionDays(calls, links, events, samples, sums, callSamples).FindProblem() is null);

    /// <summary>By the days of samples, or by those of calls where these are fewer; the other tenant's stay.</summary>
    [Theory]
    [InlineData(400, 20, 1)]
    [InlineData(30, 90, 2)]
    public async Task Run_OfShorterSamplesOrCalls_RemovesSamples(int calls, int samples, int left)
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        foreach (var tenant in (TenantId[])[mine, theirs])
            foreach (var age in (int[])[40, 25, 2])
                await StoredCalls.RunAsync(place.Store, $"INSERT INTO call_samples (tenant_id, span_id, start_time) VALUES ('{tenant}', {age}, now() - INTERVAL {age} DAY)");
        var days = place.Retentions.Defaults with { Calls = calls, CallSamples = samples };
        Assert.Equal(3 - left, (await place.Retentions.PreviewAsync(mine, days, Token))[RetentionClass.CallSamples]);
        await place.Retentions.SetAsync(mine, days, Actor.Start, Token);
        await place.Retentions.SetAsync(theirs, place.Retentions.Defaults with { CallSamples = 90 }, Actor.Start, Token);
        Assert.Equal(days, (await place.Retentions.FindAsync(mine, Token)).Days);

        await place.ApplyAsync();

        Assert.Equal((left, 3), (await place.CountAsync("call_samples", mine), await place.CountAsync("call_samples", theirs)));
        var entry = Assert.Single((await place.Audit.AskAsync(new AuditQuestion(mine) { Act = AuditActs.DataDeleted }, Token)).Entries);
        Assert.Equal($$"""{"call_samples":{{3 - left}}}""", entry.After);
    }

    private sealed class Place(ServiceProvider services, ClickHouseStore store, RetentionOptions options) : IAsyncDisposable
    {
        public ClickHouseStore Store => store;

        public SpendReader Spend { get; } = new(store);

        public AuditReader Audit { get; } = services.GetRequiredService<AuditReader>();

        public Retentions Retentions => With(options);

        public static async Task<Place> OpenAsync(PriceBookFixture postgres, ClickHouseFixture clickHouse, RetentionOptions? options = null) =>
            new(await postgres.CreateAsync(), await clickHouse.CreateStoreAsync(), options ?? new RetentionOptions { UndoHours = 0, ClosedMinutes = 0 });

        public async Task<TenantId> TenantAsync(string name) => (await services.GetRequiredService<Tenants>().EnsureAsync(name, Token)).Id;

        public Task ApplyAsync(RetentionOptions? with = null) => new ApplyRetention(
            With(with ?? options), store, services.GetRequiredService<AuditTrail>(), TimeProvider.System, Options.Create(with ?? options), NullLogger<ApplyRetention>.Instance).RunAsync(Token);

        public Task RollUpAsync(TenantId tenant) => new RebuildCells(
            store, TimeProvider.System, Options.Create(new RollUpOptions { QuietSeconds = 0 }), NullLogger<RebuildCells>.Instance).RunAsync(tenant.Value, Token);

        /// <summary>What pages show: by feature, by user, by day.</summary>
        public async Task<string> FiguresAsync(TenantId tenant)
        {
            var question = new SpendQuestion(ReadScope.Whole(tenant), Quarter);
            var answers = new[]
            {
                await Spend.AskAsync(question with { GroupBy = [Dimension.Feature] }, Token),
                await Spend.AskAsync(question with { GroupBy = [Dimension.User] }, Token),
                await Spend.AskAsync(question with { Granularity = Granularity.Day }, Token),
            };
            return string.Join('\n', answers.SelectMany(answer => answer.Rows).Select(row => $"{row.Period:O} {string.Join(',', row.Group)} {row.Figures}"));
        }

        public async Task InsertCellsAsync(string table, TenantId tenant, params DateTimeOffset[] cells)
        {
            using var connection = store.CreateConnection();
            var rows = string.Join(", ", cells.Select(cell => string.Create(CultureInfo.InvariantCulture, $"('{tenant}', {cell.ToUnixTimeSeconds()})")));
            using var command = connection.CreateCommand($"INSERT INTO {table} (tenant_id, cell) VALUES {rows}");
            await command.ExecuteNonQueryAsync(Token);
        }

        public async Task<long> CountAsync(string table, TenantId tenant)
        {
            using var connection = store.CreateConnection();
            using var command = connection.CreateCommand($"SELECT count() FROM {table} WHERE tenant_id = '{tenant}'");
            return Convert.ToInt64(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
        }

        public async ValueTask DisposeAsync()
        {
            store.Dispose();
            await services.DisposeAsync();
        }

        private Retentions With(RetentionOptions retention) => new(services.GetRequiredService<FinOpsDatabase>(), store, TimeProvider.System, Options.Create(retention));
    }
}
