using System.Diagnostics;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Bench.Queries;

/// <summary>What the benchmarks of reading read: calls of 30 days, rolled up but for the latest hour.</summary>
internal static class StoredCalls
{
    public const int Days = 30;

    public const int TwoMillion = 2_000_000;

    /// <summary>Rows of one insert: more at once would keep hundreds of megabytes of the engine busy.</summary>
    private const int MaxRowsOfInsert = 2_500_000;

    /// <summary>8 features of 4 teams, 2,000 users of 40 customers, 10 models of 4 providers, evenly: fewer equal rows than in real traffic, so the harder case.</summary>
    private const string Seed =
        """
        INSERT INTO calls (tenant_id, project_id, trace_id, span_id, parent_span_id, start_time, duration_us, operation, provider, requested_model, served_model, served_tier, status, usage_source,
          told, flags, input_fresh, cache_read, output_text, output_reasoning, feature, user, team, customer, environment, service, session, endpoint, cost, price_id)
        SELECT
          {tenant:UUID}, {tenant:UUID}, toFixedString(unhex(hex(cityHash64(number)) || hex(number + 1)), 16), number + 1, 1,
          fromUnixTimestamp64Micro({to:Int64}, 'UTC') - toIntervalMicrosecond(rand64(1) % ({days:UInt32} * 86400000000)), 1000000 + rand(2) % 5000000,
          'chat', ['openai', 'anthropic', 'google', 'aws.bedrock'][1 + m % 4], concat('model-', toString(m)), concat('model-', toString(m), '-2026-01-01'), if(m = 3 AND rand(15) % 2 = 0, 'flex', ''),
          if(rand(3) % 100 = 0, 'failed', 'answered'), 'reported', 3, if(unpriced, 128, 0), rand(5) % 4000, rand(6) % 3000, rand(7) % 800, rand(8) % 300,
          concat('feature-', toString(f)), concat('user-', toString(u)), concat('team-', toString(f % 4)), concat('customer-', toString(u % 40)), 'production',
          concat('service-', toString(f % 5)), concat('session-', toString(rand(9) % 100000)), concat('/api/', toString(f)),
          if(unpriced, toDecimal128(0, 12), toDecimal128(rand(10) % 100000, 12) / 10000000), 1
        FROM (SELECT number, rand(11) % 8 AS f, rand(12) % 10 AS m, rand(13) % 2000 AS u, rand(14) % 50 = 0 AS unpriced FROM numbers({first:UInt64}, {calls:UInt64}))
        """;

    /// <summary>One outcome for the traces of 2.5 % of the calls, three of four a success.</summary>
    public static async Task TellOutcomesAsync(ClickHouseStore store, TenantId tenant)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            INSERT INTO outcomes (tenant_id, project_id, name, outcome_id, trace_id, time, success)
            SELECT tenant_id, project_id, 'resolved', hex(trace_id), trace_id, start_time, span_id % 160 != 0 FROM calls WHERE tenant_id = '{tenant}' AND span_id % 40 = 0
            """;
        await command.ExecuteNonQueryAsync();
    }

    public static async Task StoreAsync(ClickHouseStore store, TenantId tenant, DateTimeOffset now, int calls = TwoMillion, int days = Days)
    {
        var began = Stopwatch.GetTimestamp();
        for (var first = 0; first < calls; first += MaxRowsOfInsert) await SeedAsync(store, tenant, now, first, Math.Min(MaxRowsOfInsert, calls - first), days);
        Console.WriteLine($"{calls:N0} calls of {days} days inserted in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
        await RollUpAsync(store, tenant, now);
    }

    private static async Task SeedAsync(ClickHouseStore store, TenantId tenant, DateTimeOffset now, int first, int calls, int days)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand();
        command.CommandText = Seed
            .Replace("{tenant:UUID}", $"toUUID('{tenant}')", StringComparison.Ordinal)
            .Replace("{to:Int64}", now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + "000", StringComparison.Ordinal)
            .Replace("{days:UInt32}", days.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{first:UInt64}", first.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{calls:UInt64}", calls.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task RollUpAsync(ClickHouseStore store, TenantId tenant, DateTimeOffset now)
    {
        var began = Stopwatch.GetTimestamp();
        var options = Options.Create(new RollUpOptions { QuietSeconds = 0, MaxCellsPerRun = 100_000 });
        await new RebuildCells(store, TimeProvider.System, options, NullLogger<RebuildCells>.Instance).RunAsync(tenant.Value, CancellationToken.None);
        var lag = await new SpendReader(store).AskAsync(new DataLagQuestion(ReadScope.Whole(tenant)), CancellationToken.None);
        Console.WriteLine($"rolled up in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s, {lag.PendingCells} cells pending");

        // The latest hours of a living system are always pending.
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand($"""
            INSERT INTO cell_changes (tenant_id, cell, changes, changed_at) SELECT tenant_id, cell, 1, now64(6, 'UTC')
            FROM (SELECT DISTINCT tenant_id, cell FROM cell_changes WHERE tenant_id = '{tenant}' AND cell >= toDateTime({now.AddHours(-1).ToUnixTimeSeconds()}, 'UTC'))
            """);
        await command.ExecuteNonQueryAsync();
        lag = await new SpendReader(store).AskAsync(new DataLagQuestion(ReadScope.Whole(tenant)), CancellationToken.None);
        Console.WriteLine($"{lag.PendingCells} cells made pending again");
    }
}
