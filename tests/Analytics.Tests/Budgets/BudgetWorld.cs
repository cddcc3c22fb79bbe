using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Channels;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Budgets;

/// <summary>Two tenants in both real stores, with a clock that a test sets.</summary>
internal sealed class BudgetWorld(ServiceProvider services, ClickHouseStore store) : IAsyncDisposable
{
    private ulong _version;

    public static readonly DateTimeOffset Noon = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    public TenantId Mine { get; private set; }

    public TenantId Theirs { get; private set; }

    public SetClock Clock { get; } = new() { Now = Noon };

    public BudgetOptions Limits { get; } = new();

    public ClickHouseStore Store => store;

    public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

    public BudgetBook Book => new(Database, Clock, Options.Create(Limits), services);

    public AlertBook Alerts => new(Database, Clock);

    public BudgetCourseReader Courses => new(new SpendReader(store), Currencies, Database, Clock);

    public BillingCurrencies Currencies => new(Database, Clock);

    public BudgetSpendReader Spends => new(new SpendReader(store), store, Currencies, Options.Create(Limits));

    public ForecastBudgets Forecasts => new(Database, Spends, Clock, Options.Create(Limits), NullLogger<ForecastBudgets>.Instance);

    public EvaluateBudgets Job => new(Database, store, Spends, Forecasts, Clock, Options.Create(Limits), NullLogger<EvaluateBudgets>.Instance);

    public RemoveOldAlerts Cleaner => new(Database, new Retentions(Database, store, Clock, Options.Create(new RetentionOptions())), Clock, Options.Create(Limits), Options.Create(new LeaseOptions()));

    public AccessKeys Keys { get; } = services.GetRequiredService<AccessKeys>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<BudgetWorld> NewAsync(PriceBookFixture postgres, ClickHouseFixture clickHouse)
    {
        var world = new BudgetWorld(await postgres.CreateAsync(), await clickHouse.CreateStoreAsync());
        var tenants = world.Services.GetRequiredService<Tenants>();
        (world.Mine, world.Theirs) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id);
        return world;
    }

    private ServiceProvider Services => services;

    public NpgsqlDataSource OpenOwner() => NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);

    /// <summary>A call of the first days of November, with another cost each time that it is told again.</summary>
    public Task SpendAsync(TenantId tenant, decimal cost, ulong call = 1, string feature = "f", string user = "u", DateTimeOffset? at = null, CallFlags flags = CallFlags.None, string team = "") =>
        StoredCalls.InsertAsync(store, [new StoredCall(tenant, at ?? Noon.AddDays(-3))
        {
            Trace = new TraceId(9, call), Span = call, Feature = feature, User = user, Team = team, Cost = cost, Flags = flags, Version = ++_version,
        }]);

    /// <summary>A quarter hour of a GPU and of a vector database, as their jobs leave it; a later generation of the same takes its place.</summary>
    public async Task SpendOnResourcesAsync(TenantId tenant, ulong generation, params (string Feature, decimal OfGpu, decimal OfVectors)[] owners)
    {
        await using var connection = store.CreateConnection();
        var cell = Noon.AddDays(-3).ToUnixTimeSeconds();
        FormattableString[] statements =
        [
            $"INSERT INTO device_cells (tenant_id, cell, generation) VALUES ('{tenant}', {cell}, {generation})",
            $"INSERT INTO device_intervals (tenant_id, cell, generation, host, device, accelerator, is_priced) VALUES ('{tenant}', {cell}, {generation}, 'gpu-a', 'GPU-1', 'NVIDIA H100', true)",
            $"INSERT INTO data_store_cells (tenant_id, cell, generation) VALUES ('{tenant}', {cell}, {generation})",
            .. owners.Select(one => (FormattableString)
                $"INSERT INTO device_costs (tenant_id, cell, generation, host, device, kind, model, feature, usage_cost) VALUES ('{tenant}', {cell}, {generation}, 'gpu-a', 'GPU-1', 'used', 'llama', '{one.Feature}', {one.OfGpu})"),
            .. owners.Select(one => (FormattableString)
                $"INSERT INTO data_store_costs (tenant_id, cell, generation, store, system, host, name, feature, usage_cost) VALUES ('{tenant}', {cell}, {generation}, 'vector_database', 'qdrant', 'q-1', 'documents', '{one.Feature}', {one.OfVectors})"),
        ];
        foreach (var statement in statements)
        {
            using var command = connection.CreateCommand(FormattableString.Invariant(statement));
            await command.ExecuteNonQueryAsync(Token);
        }
    }

    public Task<RecordedBudget> AddAsync(string name, decimal amount, Func<Budget, Budget>? change = null, TenantId? tenant = null)
    {
        var budget = new Budget(Guid.CreateVersion7(Clock.Now), name, amount);
        return Book.AddAsync(tenant ?? Mine, change?.Invoke(budget) ?? budget, Actor.Start, Token);
    }

    public Task RunAsync() => Job.RunAsync(Token);

    /// <summary>Subjects and ends of the keys of all alerts of a tenant, in order.</summary>
    public async Task<string[]> RaisedAsync(TenantId? tenant = null) =>
        [.. (await Alerts.ListAsync(ReadScope.Whole(tenant ?? Mine), new AlertsQuestion(null, null, 0, AlertBook.MaxListed), Token))
            .Select(alert => $"{alert.Row.Subject} {alert.Row.Key[(alert.Row.GroupKey.Length + 1)..]}").Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        store.Dispose();
        await services.DisposeAsync();
    }

    public sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
