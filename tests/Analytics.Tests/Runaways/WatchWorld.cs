using FinOps.Analytics.Alerts;
using FinOps.Analytics.Detection;
using FinOps.Analytics.Runaways;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Runaways;

/// <summary>Two tenants in both real stores, whose calls of this very minute are watched.</summary>
internal sealed class WatchWorld(ServiceProvider services, ClickHouseStore store) : IAsyncDisposable
{
    private ulong _span;

    public TenantId Mine { get; private set; }

    public TenantId Theirs { get; private set; }

    /// <summary>When what a test sends began: a minute and a half ago, or twice that where an hour has begun since.</summary>
    public DateTimeOffset Begin { get; } = InOneHour(TimeProvider.System.GetUtcNow().AddSeconds(-90));

    /// <summary>Rows of a test are visible at once.</summary>
    public RunawayWatchOptions Options { get; } = new() { InFlightSeconds = 0 };

    public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

    public AlertBook Alerts => new(Database, TimeProvider.System);

    public DetectionBook Settings => new(Database, TimeProvider.System);

    public ServiceProvider Services => services;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WatchWorld> NewAsync(PriceBookFixture postgres, ClickHouseFixture clickHouse)
    {
        var world = new WatchWorld(await postgres.CreateAsync(), await clickHouse.CreateStoreAsync());
        var tenants = world.Services.GetRequiredService<Tenants>();
        (world.Mine, world.Theirs) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id);
        return world;
    }

    /// <summary>Calls are held to what is usual in their hour.</summary>
    private static DateTimeOffset InOneHour(DateTimeOffset begin) => begin.AddSeconds(80).Hour == begin.Hour ? begin : begin.AddSeconds(-90);

    /// <summary>A worker as after a restart: it knows what is stored.</summary>
    public WatchCalls NewWorker() => new(
        store, Database, new SpendReader(store), new StoresReady(), new WatcherLease(services.GetRequiredService<NpgsqlDataSource>()), TimeProvider.System,
        Microsoft.Extensions.Options.Options.Create(Options), NullLogger<WatchCalls>.Instance);

    public Task TurnAsync() => NewWorker().RunTurnAsync(Token);

    /// <summary>So many calls, one every two seconds from a second after the beginning on.</summary>
    public async Task SendAsync(TenantId tenant, int count, Func<int, StoredCall, StoredCall> change, int fromSecond = 0, double everySeconds = 2)
    {
        await StoredCalls.InsertAsync(store, Enumerable.Range(0, count).Select(i => change(i, new StoredCall(tenant, Begin.AddSeconds(fromSecond + (i * everySeconds)))
        {
            Trace = new TraceId(7, ++_span),
            Span = _span,
            Duration = TimeSpan.FromSeconds(1),
            Feature = "answers",
            Cost = 0.05m,
            InputHash = 1_000_000 + _span,
            Usage = new UsageVector { InputFresh = 900, OutputText = 100 },
        })));
    }

    /// <summary>What a feature did in this hour a week ago.</summary>
    public Task RememberAsync(TenantId tenant, string feature, int calls, decimal cost, uint tokens) => StoredCalls.InsertAsync(store, Enumerable.Range(0, calls).Select(i =>
        new StoredCall(tenant, new DateTimeOffset(Begin.AddDays(-7).UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero).AddSeconds(i))
        {
            Trace = new TraceId(7, ++_span),
            Span = _span,
            Feature = feature,
            Cost = cost,
            Usage = new UsageVector { InputFresh = tokens },
        }));

    /// <summary>Settling writes the calls of a session again, in a higher version.</summary>
    public Task SettleAnewAsync(string session)
    {
        var columns = string.Join(", ", new CallBlock().ColumnList.Split(", ").Where(column => column != "version"));
        return RunAsync($"INSERT INTO calls ({columns}, version) SELECT {columns}, version + 1 FROM calls FINAL WHERE session = '{session}'");
    }

    public Task RunAsync(string sql) => StoredCalls.RunAsync(store, sql);

    public async Task<IReadOnlyList<AlertEntry>> RaisedAsync(TenantId? tenant = null) => await Alerts.ListAsync(ReadScope.Whole(tenant ?? Mine), new AlertsQuestion(null, null, 0, AlertBook.MaxListed), Token);

    public async ValueTask DisposeAsync()
    {
        store.Dispose();
        await services.DisposeAsync();
    }
}
