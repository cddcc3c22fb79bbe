using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Bench.Queries;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Bench.Budgets;

/// <summary>
/// Ten thousand budgets over five million calls of 30 days, on the real engines: users, customers, features, models and combinations of them, by month and by quarter. The first evaluation asks for everything and
/// raises thousands of alerts; after a further call all is asked again; then, when nothing was written, nothing is.
/// </summary>
internal static class BudgetBench
{
    private const int Calls = 5_000_000;
    private const int Budgets = 10_000;
    private const int MaxSeconds = 10;

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
        var tenant = (await services.GetRequiredService<Tenants>().EnsureAsync("bench", Never)).Id;
        var clock = new LateInTheQuarter();
        await StoredCalls.StoreAsync(store, tenant, clock.GetUtcNow(), Calls);
        var options = Options.Create(new BudgetOptions());
        var book = new BudgetBook(database, clock, options, services);
        await MakeAsync(database, tenant, clock.GetUtcNow().AddDays(-30));

        var spends = new BudgetSpendReader(new SpendReader(store), store, new BillingCurrencies(database, clock), options);
        var forecasts = new ForecastBudgets(database, spends, clock, options, NullLogger<ForecastBudgets>.Instance);
        var job = new EvaluateBudgets(database, store, spends, forecasts, clock, options, NullLogger<EvaluateBudgets>.Instance);
        var (runs, longest, told) = (0, 0d, 1);
        while (told > 0)
        {
            longest = Math.Max(longest, await TimeAsync(async () => told = await forecasts.RunTenantAsync(tenant, null, Never)));
            runs++;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"forecasts of {Budgets:N0} budgets, once a day: {runs - 1} runs, the longest {longest:F1} s"));
        var first = await TimeAsync(() => job.RunAsync(Never));
        await TouchAsync(store, tenant, clock.GetUtcNow());
        var changed = await TimeAsync(() => job.RunAsync(Never));
        var idle = await TimeAsync(() => job.RunAsync(Never));

        var counts = await new AlertBook(database, clock).CountAsync(ReadScope.Whole(tenant), Never);
        var standings = await book.ListAsync(ReadScope.Whole(tenant), Never);
        var all = (await new SpendReader(store).SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Month(clock.GetUtcNow())), Never)).Cost;
        var byFeature = standings.Where(standing => standing.Budget.Name.EndsWith("feature alone", StringComparison.Ordinal)).Sum(standing => standing.Evaluation!.Spent);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"budgets ({standings.Count:N0} over {Calls:N0} calls): first evaluation {first:F1} s, after a further call {changed:F1} s (asked for: {MaxSeconds} each), nothing written {idle:F2} s; {counts.Open:N0} alerts; features together {byFeature:F2}, all calls {all:F2} USD"));
        return first < MaxSeconds && changed < MaxSeconds && counts.Open > 0 && byFeature == all ? 0 : 1;
    }

    /// <summary>All at once: one by one, each with its entry of the audit record, takes a minute and is not what is measured.</summary>
    private static Task MakeAsync(FinOpsDatabase database, TenantId tenant, DateTimeOffset at) => database.RunAsync(tenant, context =>
    {
        context.AddRange(Enumerable.Range(0, Budgets).Select(Make).Select(budget => new RecordedBudget
        {
            TenantId = tenant.Value,
            Id = budget.Id,
            Name = budget.Name,
            Definition = AlertJson.Write(budget),
            Version = 1,
            MadeAt = at,
            MadeBy = "bench",
            ChangedAt = at,
            ChangedBy = "bench",
        }));
        return context.SaveChangesAsync(Never);
    }, Never);

    private static Budget Make(int i)
    {
        var user = SpendScope.Of(ScopeDimension.User, $"user-{i % 2000}");
        var (scope, name) = i switch
        {
            < 8 => (SpendScope.Of(ScopeDimension.Feature, $"feature-{i}"), "feature alone"),
            < 4_000 => (user, "user"),
            < 6_000 => (SpendScope.Of(ScopeDimension.Customer, $"customer-{i % 40}"), "customer"),
            < 8_000 => (SpendScope.Of(ScopeDimension.Feature, $"feature-{i % 8}").And(ScopeDimension.Model, $"model-{i % 10}-2026-01-01"), "feature and model"),
            < 9_000 => (user.And(ScopeDimension.Customer, $"customer-{i % 40}"), "user and customer"),
            _ => (SpendScope.Of(ScopeDimension.Team, $"team-{i % 4}").And(ScopeDimension.Environment, "production"), "team and environment"),
        };
        return new Budget(Guid.CreateVersion7(), $"{i} {name}", i < 8 ? 1_000_000 : 1 + i % 500) { Scope = scope, Cycle = i >= 8 && i % 3 == 0 ? BudgetCycle.Quarter : BudgetCycle.Month };
    }

    /// <summary>One more call of the latest hour.</summary>
    private static async Task TouchAsync(ClickHouseStore store, TenantId tenant, DateTimeOffset now)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand($"""
            INSERT INTO cell_changes (tenant_id, cell, changes, changed_at) VALUES ('{tenant}', toStartOfFifteenMinutes(toDateTime({now.AddMinutes(-20).ToUnixTimeSeconds()}, 'UTC')), 1, now64(6, 'UTC'))
            """);
        await command.ExecuteNonQueryAsync();
    }

    private static TimeRange Month(DateTimeOffset now)
    {
        var month = BudgetPeriod.Of(now, BudgetCycle.Month, TimeZoneInfo.Utc);
        return new TimeRange(month.Start, month.End);
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>All 30 days of calls lie in one month and quarter.</summary>
    private sealed class LateInTheQuarter : TimeProvider
    {
        private readonly DateTimeOffset _now = BudgetPeriod.Of(System.GetUtcNow(), BudgetCycle.Quarter, TimeZoneInfo.Utc).Start.AddDays(30.5);

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
