using System.Globalization;
using System.Text;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Spend;

/// <summary>One row of <c>calls</c>, with what questions about spend look at.</summary>
internal sealed record StoredCall(TenantId Tenant, DateTimeOffset Start)
{
    public TraceId Trace { get; init; } = new(1, 1);
    public ulong Span { get; init; } = 1;
    public ulong ParentSpan { get; init; }
    public Guid Project { get; init; } = StoredCalls.FirstProject;
    public Guid Key { get; init; }
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(1.5);
    public ulong InputHash { get; init; }
    public string Feature { get; init; } = "";
    public string User { get; init; } = "";
    public string Team { get; init; } = "";
    public string Customer { get; init; } = "";
    public string Session { get; init; } = "";
    public string Endpoint { get; init; } = "";
    public string RequestedModel { get; init; } = "gpt-5";
    public string ServedModel { get; init; } = "";
    public string Provider { get; init; } = "openai";
    public string ResponseId { get; init; } = "";
    public string ServedTier { get; init; } = "";
    public string RequestedTier { get; init; } = "";
    public string Policies { get; init; } = "";
    public string GatewayKey { get; init; } = "";
    public string Cache { get; init; } = "";
    public uint TokensAvoided { get; init; }
    public bool Batch { get; init; }
    public CallStatus Status { get; init; }
    public CallRole Role { get; init; }
    public CallFlags Flags { get; init; }
    public decimal Cost { get; init; }
    public double Weight { get; init; } = 1;
    public UsageVector Usage { get; init; }
    public CallId CallOf { get; init; }
    public ulong Version { get; init; }

    public CallId Id => new(Trace, new SpanId(Span));

    /// <summary>The measures, computed apart from the SQL.</summary>
    public SpendFigures Figures => Role != CallRole.Call ? default : new SpendFigures(
        Cost,
        Status == CallStatus.Answered ? 1 : 0,
        Status == CallStatus.Answered && Flags.HasFlag(CallFlags.Unpriced) ? 1 : 0,
        Status == CallStatus.Failed ? 1 : 0,
        (long)Usage.InputTotal, Usage.CacheRead, (long)Usage.CacheWriteTotal, (long)Usage.OutputTotal, Usage.OutputReasoning);

    public string this[Dimension dimension] => dimension switch
    {
        Dimension.Feature => Feature,
        Dimension.User => User,
        Dimension.Team => Team,
        Dimension.Customer => Customer,
        Dimension.Session => Session,
        Dimension.Endpoint => Endpoint,
        Dimension.Model => ServedModel.Length > 0 ? ServedModel : RequestedModel,
        Dimension.RequestedModel => RequestedModel,
        Dimension.Provider => Provider,
        Dimension.Project => Project.ToString(),
        Dimension.Operation => "chat",
        Dimension.GatewayKey => GatewayKey,
        _ => "",
    };
}

internal static class StoredCalls
{
    public static readonly Guid FirstProject = Guid.Parse("00000000-0000-0000-0000-00000000000a", CultureInfo.InvariantCulture);

    public static async Task InsertAsync(ClickHouseStore store, IEnumerable<StoredCall> calls)
    {
        foreach (var chunk in calls.Chunk(5_000)) await InsertChunkAsync(store, chunk);
    }

    /// <summary>Builds the roll-ups of all cells that have changed, and of their days (also of those that are not over), as the job does.</summary>
    public static async Task RollUpAsync(ClickHouseStore store, ulong generation)
    {
        await RollUpCellsAsync(store, generation);
        await RollUpDaysAsync(store, generation);
    }

    public static async Task RollUpDaysAsync(ClickHouseStore store, ulong generation)
    {
        var days = new List<(Guid Tenant, uint Day, ulong Changes)>();
        using (var connection = store.CreateConnection())
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT tenant_id, toUInt32(toUnixTimestamp(toStartOfDay(cell))) AS day, sum(changes) FROM cell_changes GROUP BY tenant_id, day";
            using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) days.Add((reader.GetGuid(0), reader.GetFieldValue<uint>(1), reader.GetFieldValue<ulong>(2)));
        }

        foreach (var ofTenant in days.GroupBy(day => day.Tenant))
        {
            var (tenant, starts) = (new TenantId(ofTenant.Key), ofTenant.Select(day => day.Day).ToArray());
            await store.ExecuteAsync(new RebuildDaysSpend(tenant, starts, generation, true), default);
            await store.ExecuteAsync(new RebuildDaysCustomers(tenant, starts, generation, true), default);
            await store.ExecuteAsync(new RebuildDaysPeople(tenant, starts, generation, true), default);
            foreach (var table in DayTable.All) await store.ExecuteAsync(new RebuildDaysWhole(table, tenant, starts, generation, true), default);
            await store.ExecuteAsync(new RebuildDaysPublish(tenant, starts, [.. ofTenant.Select(day => day.Changes)], generation), default);
        }
    }

    public static async Task RollUpCellsAsync(ClickHouseStore store, ulong generation)
    {
        const string Changed = "(tenant_id, toStartOfFifteenMinutes(start_time)) IN (SELECT tenant_id, cell FROM cell_changes)";
        const string Sums = "sum(cost), sum(calls), sum(unpriced_calls), sum(failed_calls), sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens)";
        const string Columns = "cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens";
        const string LeftOut = "sum(sampled_calls), sum(left_out_calls), sum(left_out_cost), sum(left_out_variance)";
        // The job looks at one tenant at a time.
        var traceCost = SpendMeasures.TraceCost.Replace("PARTITION BY ", "PARTITION BY tenant_id, ", StringComparison.Ordinal);
        foreach (var (table, keys, tier, column) in new[]
        {
            ("roll_up_spend", "project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model", ", tier", ", " + SpendMeasures.Tier),
            ("roll_up_people", "project_id, team, customer, user", "", ""),
        })
        {
            await RunAsync(store, $"""
                INSERT INTO {table} (tenant_id, cell, generation, {keys}{tier}, {Columns}, {SpendMeasures.LeftOutColumns})
                SELECT tenant_id, cell, {generation} AS generation, {keys}{tier}, {Sums}, {LeftOut}
                FROM (SELECT tenant_id, toStartOfFifteenMinutes(start_time) AS cell, {keys}{column}, {SpendMeasures.OfOneCall}, {SpendMeasures.LeftOutOfOneCall}, {traceCost} FROM calls FINAL WHERE role = 'call' AND {Changed})
                GROUP BY tenant_id, cell, {keys}{tier}
                """);
        }

        await RunAsync(store, $"INSERT INTO roll_up_cells (tenant_id, cell, generation, changes) SELECT tenant_id, cell, {generation}, sum(changes) FROM cell_changes GROUP BY tenant_id, cell");
    }

    public static async Task RunAsync(ClickHouseStore store, string sql)
    {
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task InsertChunkAsync(ClickHouseStore store, StoredCall[] calls)
    {
        var sql = new StringBuilder(
            """
            INSERT INTO calls (tenant_id, project_id, key_id, input_hash, trace_id, span_id, parent_span_id, start_time, duration_us, span_name, scope, operation, provider, requested_model, served_model,
              response_id, served_tier, requested_tier, policies, gateway_key, cache, tokens_avoided, batch, status, flags, input_fresh, cache_read, cache_write_5m, cache_write_1h, output_text, output_reasoning, usage_source, feature, user, team, customer,
              session, endpoint, cost, sampling_weight, role, call_trace_id, call_span_id, version) VALUES
            """);
        for (var i = 0; i < calls.Length; i++) Append(sql.Append(i == 0 ? "\n" : ",\n"), calls[i]);
        await RunAsync(store, sql.ToString());
    }

    private static void Append(StringBuilder sql, StoredCall call) => sql.Append(CultureInfo.InvariantCulture,
        $"""
        ('{call.Tenant}', '{call.Project}', '{call.Key}', {call.InputHash}, unhex('{call.Trace}'), {call.Span}, {call.ParentSpan}, fromUnixTimestamp64Micro({CellRanges.Micros(call.Start)}, 'UTC'), {(long)call.Duration.TotalMicroseconds}, 'chat', 'test', 'chat',
        {Text(call.Provider)}, {Text(call.RequestedModel)}, {Text(call.ServedModel)}, {Text(call.ResponseId)}, {Text(call.ServedTier)}, {Text(call.RequestedTier)}, {Text(call.Policies)}, {Text(call.GatewayKey)}, {Text(call.Cache)}, {call.TokensAvoided}, {call.Batch}, {(int)call.Status}, {(uint)call.Flags},
        {call.Usage.InputFresh}, {call.Usage.CacheRead}, {call.Usage.CacheWrite5m}, {call.Usage.CacheWrite1h}, {call.Usage.OutputText}, {call.Usage.OutputReasoning}, 2,
        {Text(call.Feature)}, {Text(call.User)}, {Text(call.Team)}, {Text(call.Customer)}, {Text(call.Session)}, {Text(call.Endpoint)},
        {call.Cost}, {call.Weight}, {(int)call.Role}, unhex('{call.CallOf.Trace}'), {call.CallOf.Span.Value}, {call.Version})
        """);

    private static string Text(string value) => "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
