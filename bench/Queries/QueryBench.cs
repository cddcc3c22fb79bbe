using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Bench.Queries;

/// <summary>Every question of the overview (and some of Explore and Calls) over two million calls of 30 days, on the real engine with its caches of answers off.</summary>
internal static class QueryBench
{
    private const int Calls = 2_000_000;
    private const int Days = 30;
    private const int Rounds = 40;
    private const int MaxMilliseconds = 100;

    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-1111-1111-111111111111", CultureInfo.InvariantCulture));

    /// <summary>8 features of 4 teams, 2,000 users of 40 customers, 10 models of 4 providers, evenly: fewer equal rows than in real traffic, so the harder case.</summary>
    private const string Seed =
        """
        INSERT INTO calls (tenant_id, project_id, trace_id, span_id, parent_span_id, start_time, duration_us, operation, provider, requested_model, served_model, status, usage_source,
          told, flags, input_fresh, cache_read, output_text, output_reasoning, feature, user, team, customer, environment, service, session, endpoint, cost, price_id)
        SELECT
          {tenant:UUID}, {tenant:UUID}, toFixedString(unhex(hex(cityHash64(number)) || hex(number + 1)), 16), number + 1, 1,
          fromUnixTimestamp64Micro({to:Int64}, 'UTC') - toIntervalMicrosecond(rand64(1) % ({days:UInt32} * 86400000000)), 1000000 + rand(2) % 5000000,
          'chat', ['openai', 'anthropic', 'google', 'aws.bedrock'][1 + m % 4], concat('model-', toString(m)), concat('model-', toString(m), '-2026-01-01'),
          if(rand(3) % 100 = 0, 'failed', 'answered'), 'reported', 3, if(unpriced, 128, 0), rand(5) % 4000, rand(6) % 3000, rand(7) % 800, rand(8) % 300,
          concat('feature-', toString(f)), concat('user-', toString(u)), concat('team-', toString(f % 4)), concat('customer-', toString(u % 40)), 'production',
          concat('service-', toString(f % 5)), concat('session-', toString(rand(9) % 100000)), concat('/api/', toString(f)),
          if(unpriced, toDecimal128(0, 12), toDecimal128(rand(10) % 100000, 12) / 10000000), 1
        FROM (SELECT number, rand(11) % 8 AS f, rand(12) % 10 AS m, rand(13) % 2000 AS u, rand(14) % 50 = 0 AS unpriced FROM numbers({calls:UInt64}))
        """;

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
        await SeedAsync(store, now);
        await RollUpAsync(store, now);
        return await MeasureAsync(store, now);
    }

    private static async Task SeedAsync(ClickHouseStore store, DateTimeOffset now)
    {
        var began = Stopwatch.GetTimestamp();
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand();
        command.CommandText = Seed
            .Replace("{tenant:UUID}", $"toUUID('{Tenant}')", StringComparison.Ordinal)
            .Replace("{to:Int64}", now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + "000", StringComparison.Ordinal)
            .Replace("{days:UInt32}", Days.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{calls:UInt64}", Calls.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await command.ExecuteNonQueryAsync();
        Console.WriteLine($"{Calls:N0} calls of {Days} days inserted in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
    }

    private static async Task RollUpAsync(ClickHouseStore store, DateTimeOffset now)
    {
        var began = Stopwatch.GetTimestamp();
        var options = Options.Create(new RollUpOptions { QuietSeconds = 0, MaxCellsPerRun = 100_000 });
        await new RebuildCells(store, TimeProvider.System, options, NullLogger<RebuildCells>.Instance).RunAsync(Tenant.Value, CancellationToken.None);
        var lag = await new SpendReader(store).AskAsync(new DataLagQuestion(ReadScope.Whole(Tenant)), CancellationToken.None);
        Console.WriteLine($"rolled up in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s, {lag.PendingCells} cells pending");

        // The latest hours of a living system are always pending.
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand($"""
            INSERT INTO cell_changes (tenant_id, cell, changes, changed_at) SELECT tenant_id, cell, 1, now64(6, 'UTC')
            FROM (SELECT DISTINCT tenant_id, cell FROM cell_changes WHERE tenant_id = '{Tenant}' AND cell >= toDateTime({now.AddHours(-1).ToUnixTimeSeconds()}, 'UTC'))
            """);
        await command.ExecuteNonQueryAsync();
        lag = await new SpendReader(store).AskAsync(new DataLagQuestion(ReadScope.Whole(Tenant)), CancellationToken.None);
        Console.WriteLine($"{lag.PendingCells} cells made pending again");
    }

    private static async Task<int> MeasureAsync(ClickHouseStore store, DateTimeOffset now)
    {
        var spend = new SpendReader(store);
        var calls = new CallsReader(store, new NoPrices());
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var month = TimeRange.Ending(now, TimeSpan.FromDays(Days));
        var questions = new List<(string Name, bool IsOverview, Func<Task> Ask)>
        {
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
            ("calls: first page", false, () => calls.AskAsync(new CallsQuestion(ReadScope.Whole(Tenant), month), default)),
            ("calls: unpriced of one feature", false, () => calls.AskAsync(new CallsQuestion(ReadScope.Whole(Tenant), month) { Unpriced = true, Filter = SpendFilter.Where(Dimension.Feature, "feature-3") }, default)),
        };
        Console.WriteLine($"{"question",-42} {"best ms",8} {"p50 ms",8} {"p95 ms",8}");
        var slow = 0;
        foreach (var (name, isOverview, ask) in questions)
        {
            var (best, p50, p95) = await TimeAsync(ask);
            var mark = isOverview && p95 >= MaxMilliseconds ? "  over 100 ms" : "";
            if (mark.Length > 0) slow++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-42} {best,8:F1} {p50,8:F1} {p95,8:F1}{mark}"));
        }

        return slow == 0 ? 0 : 1;

        Task TopAsync(Dimension dimension) => spend.AskAsync(new TopQuestion(ReadScope.Whole(Tenant), month, dimension), default);
    }

    /// <summary>The best tells what a question costs by itself: on a crowded machine it moves least.</summary>
    private static async Task<(double Best, double P50, double P95)> TimeAsync(Func<Task> ask)
    {
        for (var i = 0; i < 3; i++) await ask();
        var times = new double[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await ask();
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(times);
        return (times[0], times[Rounds / 2], times[(int)(Rounds * 0.95)]);
    }

    private sealed class NoPrices : IPriceSource
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;
    }
}
