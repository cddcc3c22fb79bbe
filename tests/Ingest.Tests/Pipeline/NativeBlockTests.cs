using System.Globalization;
using System.Numerics;
using CsCheck;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>Random rows → Native → a real ClickHouse → read back: each column of each table must be what it was.</summary>
public sealed class NativeBlockTests(ClickHouseFixture engine)
{
    private static readonly (string Sql, Func<CallReport, object?> Expected)[] CallColumns =
    [
        ("tenant_id", row => row.Tenant.Value),
        ("project_id", row => row.Project.Value),
        ("lower(hex(trace_id))", row => row.TraceId.ToString()),
        ("span_id", row => row.SpanId.Value),
        ("key_id", row => row.Key),
        ("parent_span_id", row => row.ParentSpanId.Value),
        ("toUnixTimestamp64Micro(start_time)", row => row.StartUnixMicros),
        ("duration_us", row => row.DurationMicros),
        ("time_to_first_token_us", row => row.TimeToFirstTokenMicros),
        ("toString(span_name)", row => row.SpanName),
        ("toString(scope)", row => row.Scope),
        ("toInt8(source)", row => (sbyte)row.Source),
        ("toString(operation)", row => row.Operation),
        ("wraps_calls", row => row.WrapsCalls),
        ("toString(provider)", row => row.Provider),
        ("toString(region)", row => row.Region),
        ("toString(requested_model)", row => row.RequestedModel),
        ("toString(served_model)", row => row.ServedModel),
        ("toString(model)", row => row.Model),
        ("toString(requested_tier)", row => row.RequestedTier),
        ("toString(served_tier)", row => row.ServedTier),
        ("variant", row => row.Variant),
        ("batch", row => row.Batch),
        ("toInt8(streamed)", row => (sbyte)row.Streamed),
        ("attempt", row => row.Attempt),
        ("sampling_weight", row => row.SamplingWeight),
        ("response_id", row => row.ResponseId),
        ("toInt8(status)", row => (sbyte)row.Status),
        ("toString(error_type)", row => row.ErrorType),
        ("toString(finish_reason)", row => row.FinishReason),
        ("toString(policies)", row => row.Policies),
        ("toString(gateway_key)", row => row.GatewayKey),
        ("toString(cache)", row => row.Cache),
        ("tokens_avoided", row => row.TokensAvoided),
        ("input_fresh", row => row.Usage.InputFresh),
        ("cache_read", row => (uint)row.Usage.CacheReadTotal),
        ("cache_write_5m", row => row.Usage.CacheWrite5m),
        ("cache_write_1h", row => row.Usage.CacheWrite1h),
        ("output_text", row => row.Usage.OutputText),
        ("output_reasoning", row => row.Usage.OutputReasoning),
        ("input_audio", row => row.Usage.InputAudio),
        ("output_audio", row => row.Usage.OutputAudio),
        ("input_image", row => row.Usage.InputImage),
        ("output_image", row => row.Usage.OutputImage),
        ("web_searches", row => row.Usage.WebSearches),
        ("gpu_ms", row => row.Usage.GpuMilliseconds),
        ("arrayStringConcat(arrayMap((name, quantity) -> concat(name, '=', toString(quantity)), mapKeys(other_usage), mapValues(other_usage)), ',')", row => Other(row.Usage)),
        ("told", row => (ushort)row.Told),
        ("toInt8(usage_source)", row => (sbyte)row.UsageSource),
        ("flags", row => (uint)row.Flags),
        ("toString(reinterpretAsInt128(reported_cost))", row => row.ReportedCost is { } cost ? Units(cost) : null),
        ("toString(feature)", row => row.Tags[Tag.Feature]),
        ("user", row => row.Tags[Tag.User]),
        ("toString(team)", row => row.Tags[Tag.Team]),
        ("toString(customer)", row => row.Tags[Tag.Customer]),
        ("toString(environment)", row => row.Tags[Tag.Environment]),
        ("toString(service)", row => row.Tags[Tag.Service]),
        ("session", row => row.Tags[Tag.Session]),
        ("toString(endpoint)", row => row.Tags[Tag.Endpoint]),
        ("tag_levels", row => row.Tags.PackedLevels),
        ("input_hash", row => row.InputHash),
        ("prefix_hash", row => row.PrefixHash),
        ("arrayStringConcat(item_hashes, ',')", row => string.Join(',', row.ItemHashes)),
        ("message_count", row => row.MessageCount),
        ("tool_call_count", row => row.ToolCallCount),
        ("turn_number", row => row.TurnNumber),
        ("max_tokens", row => row.MaxTokens),
        ("toString(reinterpretAsInt128(cost))", row => Units(row.Cost)),
        ("price_id", row => row.PriceId),
        ("book_version", row => row.BookVersion),
        ("toInt8(role)", row => (sbyte)row.Role),
        ("lower(hex(call_trace_id))", row => row.CallTraceId.ToString()),
        ("call_span_id", row => row.CallSpanId.Value),
        ("origin", row => row.Origin),
        ("version", row => row.Version),
    ];

    private static string Other(UsageVector usage) => string.Join(',', OtherUsage.Names
        .Select((name, part) => (name, Quantity: OtherUsage.Get(usage, part)))
        .Where(part => part.Quantity != 0)
        .Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.name}={part.Quantity}")));

    [Fact]
    public async Task CallBlock_RandomRows_ReadBackEqual()
    {
        using var store = await engine.CreateStoreAsync();
        var block = new CallBlock();
        var all = new List<CallReport>();
        await RandomRows.Call.Array[1, 300].SampleAsync(async rows =>
        {
            block.Clear();
            foreach (var row in rows)
            {
                // A key of its own for each row, so that none collapses, and its number to find it by.
                row.Tenant = new TenantId(Guid.NewGuid());
                all.Add(row);
                block.Append(row);
            }

            Assert.Equal(FinOps.Analytics.Stores.ClickHouse.InsertResult.Stored, await store.InsertAsync(block, CancellationToken.None));
        }, iter: 30, threads: 1);

        var read = await store.ReadAsync($"SELECT {string.Join(", ", CallColumns.Select(column => column.Sql))} FROM calls");
        Assert.Equal(all.Count, read.Count);
        var byTenant = read.ToDictionary(row => (Guid)row[0]!);
        foreach (var row in all)
        {
            var actual = byTenant[row.Tenant.Value];
            for (var i = 0; i < CallColumns.Length; i++)
                Assert.True(Equals(CallColumns[i].Expected(row), actual[i]), $"{CallColumns[i].Sql}: {CallColumns[i].Expected(row)} became {actual[i]}");
        }
    }

    [Fact]
    public async Task CallBlock_AllColumnsOfTheTable_AreWritten()
    {
        using var store = await engine.CreateStoreAsync();
        var columns = await store.ReadAsync(
            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'calls' AND default_kind IN ('', 'DEFAULT') AND name != 'ingested_at' ORDER BY position");
        Assert.Equal(string.Join(", ", columns.Select(row => row[0])), new CallBlock().ColumnList);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public async Task LowCardinality_ManyDistinctValues_WidensItsPositions(int distinct)
    {
        using var store = await engine.CreateStoreAsync();
        var block = new CallBlock();
        var row = new CallReport { StartUnixMicros = 1_780_000_000_000_000 };
        for (var i = 0; i < distinct + 10; i++)
        {
            row.SpanId = new SpanId((ulong)i + 1);
            row.Scope = "s" + (i % distinct).ToString(CultureInfo.InvariantCulture);
            block.Append(row);
        }

        Assert.True((await store.InsertAsync(block, CancellationToken.None)).IsStored);
        var read = await store.ReadAsync($"SELECT count(), uniqExact(scope), countIf(scope = concat('s', toString((span_id - 1) % {distinct}))) FROM calls");
        Assert.Equal((ulong)distinct + 10, read[0][0]);
        Assert.Equal((ulong)distinct, read[0][1]);
        Assert.Equal((ulong)distinct + 10, read[0][2]);
    }

    [Fact]
    public async Task LinkBlock_RandomRows_ReadBackEqual()
    {
        using var store = await engine.CreateStoreAsync();
        var rows = RandomRows.Link.Array[500].Single();
        var block = new LinkBlock();
        foreach (var row in rows)
        {
            row.Tenant = new TenantId(Guid.NewGuid());
            block.Append(row);
        }

        Assert.Equal(FinOps.Analytics.Stores.ClickHouse.InsertResult.Stored, await store.InsertAsync(block, CancellationToken.None));
        var read = (await store.ReadAsync("""
            SELECT tenant_id, lower(hex(trace_id)), span_id, parent_span_id, toUnixTimestamp64Micro(start_time), duration_us, kind, failed,
                toString(name), toString(service), toString(feature), user, toString(team), toString(customer), toString(environment), session, toString(endpoint), tag_levels
            FROM links
            """)).ToDictionary(row => (Guid)row[0]!);
        foreach (var row in rows)
        {
            Assert.Equal(
                [row.Tenant.Value, row.TraceId.ToString(), row.SpanId.Value, row.ParentSpanId.Value, row.StartUnixMicros, row.DurationMicros, (byte)row.Kind, row.Failed,
                    row.Name, row.Service, row.Tags[Tag.Feature], row.Tags[Tag.User], row.Tags[Tag.Team], row.Tags[Tag.Customer], row.Tags[Tag.Environment],
                    row.Tags[Tag.Session], row.Tags[Tag.Endpoint], row.Tags.PackedLevels],
                read[row.Tenant.Value]);
        }
    }

    [Fact]
    public async Task SampleBlock_RandomRows_ReadBackEqual()
    {
        using var store = await engine.CreateStoreAsync();
        var rows = RandomRows.Sample.Array[500].Single();
        var block = new SampleBlock();
        foreach (var row in rows)
        {
            row.Tenant = new TenantId(Guid.NewGuid());
            block.Append(row);
        }

        Assert.Equal(FinOps.Analytics.Stores.ClickHouse.InsertResult.Stored, await store.InsertAsync(block, CancellationToken.None));
        var read = (await store.ReadAsync("""
            SELECT tenant_id, toUnixTimestamp64Milli(time), toUnixTimestamp64Milli(start_time), toInt8(kind), toString(metric), toString(unit), toString(subject), toString(host),
                toString(service), toString(environment), toInt8(temporality), value, count,
                arrayStringConcat(arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes)), '|')
            FROM resource_samples
            """)).ToDictionary(row => (Guid)row[0]!);
        foreach (var row in rows)
        {
            Assert.Equal(
                [row.Tenant.Value, row.TimeUnixMillis, row.StartUnixMillis, (sbyte)row.Kind, row.Metric, row.Unit, row.Subject, row.Host, row.Service, row.Environment,
                    (sbyte)row.Temporality, row.Value, row.Count, string.Join('|', row.Attributes.Select(pair => $"{pair.Key}={pair.Value}"))],
                read[row.Tenant.Value]);
        }
    }

    [Fact]
    public async Task SampleBlock_WithoutAnyAttribute_IsAccepted()
    {
        using var store = await engine.CreateStoreAsync();
        var block = new SampleBlock();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        block.Append(new ResourceSample { Metric = "gpu.utilization", Kind = ResourceKind.Gpu, TimeUnixMillis = now });
        block.Append(new ResourceSample { Metric = "gpu.power", Kind = ResourceKind.Gpu, TimeUnixMillis = now });
        Assert.Equal(FinOps.Analytics.Stores.ClickHouse.InsertResult.Stored, await store.InsertAsync(block, CancellationToken.None));
        Assert.Equal(2, await store.CountAsync("resource_samples"));
    }

    [Fact]
    public async Task VectorOperationsAndQuarantine_OneRowEach_ReadBackEqual()
    {
        using var store = await engine.CreateStoreAsync();
        var tenant = new TenantId(Guid.NewGuid());
        var operations = new VectorOperationBlock();
        var tags = new TagSet();
        tags.Set(Tag.Feature, "search", TagLevel.Span);
        operations.Append(new VectorOperation
        {
            Tenant = tenant,
            SpanId = new SpanId(7),
            System = "qdrant",
            Collection = "docs",
            Operation = "search",
            Failed = true,
            TopK = 10,
            Returned = 9,
            Vectors = 8,
            ReadUnits = 1.25,
            Tags = tags,
        });
        var quarantined = new QuarantineBlock();
        quarantined.Append(new QuarantinedSpan { Tenant = tenant, SpanId = new SpanId(9), Reason = "negative", Detail = "gen_ai.usage.input_tokens=-1", Model = "m" });
        Assert.True((await store.InsertAsync(operations, CancellationToken.None)).IsStored);
        Assert.True((await store.InsertAsync(quarantined, CancellationToken.None)).IsStored);
        Assert.Equal(
            [tenant.Value, 7UL, "qdrant", "docs", "search", true, 10U, 9U, 8U, 1.25, "search"],
            (await store.ReadAsync("SELECT tenant_id, span_id, toString(system), toString(collection), toString(operation), failed, top_k, returned, vectors, read_units, toString(feature) FROM vector_operations"))[0]);
        Assert.Equal(
            [tenant.Value, 9UL, "negative", "gen_ai.usage.input_tokens=-1", "m"],
            (await store.ReadAsync("SELECT tenant_id, span_id, toString(reason), detail, toString(model) FROM quarantined_spans"))[0]);
    }

    [Fact]
    public async Task CallSampleBlock_AnyBytes_ReadBackEqual()
    {
        using var store = await engine.CreateStoreAsync();
        var (block, key, start) = (new CallSampleBlock(), new SampleKey(Guid.NewGuid(), SampleKey.NewKey()), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        List<CallSample> rows = [];
        foreach (var length in (int[])[0, 1, 200, 70_000])
        {
            var row = new CallSample
            {
                Tenant = new TenantId(Guid.NewGuid()),
                Project = new ProjectId(Guid.NewGuid()),
                TraceId = new TraceId(1, (ulong)length),
                SpanId = new SpanId(ulong.MaxValue),
                StartUnixMicros = start,
                KeptBytes = (uint)length,
                ToldBytes = uint.MaxValue,
            };
            row.Seal(key, new byte[length]);
            block.Append(row);
            rows.Add(row);
        }

        Assert.Equal(FinOps.Analytics.Stores.ClickHouse.InsertResult.Stored, await store.InsertAsync(block, CancellationToken.None));
        var columns = await store.ReadAsync("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'call_samples' AND default_kind = '' ORDER BY position");
        Assert.Equal(string.Join(", ", columns.Select(row => row[0])), block.ColumnList);
        var read = (await store.ReadAsync(
            "SELECT tenant_id, project_id, lower(hex(trace_id)), span_id, toUnixTimestamp64Micro(start_time), key_id, kept_bytes, told_bytes, base64Encode(sealed) FROM call_samples")).ToDictionary(row => (Guid)row[0]!);
        foreach (var row in rows)
            Assert.Equal(
                [row.Tenant.Value, row.Project.Value, row.TraceId.ToString(), row.SpanId.Value, start, key.Id, row.KeptBytes, row.ToldBytes, Convert.ToBase64String(row.Sealed)], read[row.Tenant.Value]);
    }

    /// <summary>Rounds and scales with arbitrary precision, another way than the product does.</summary>
    private static string Units(decimal value)
    {
        var bits = decimal.GetBits(value);
        var mantissa = (BigInteger)(uint)bits[0] + ((BigInteger)(uint)bits[1] << 32) + ((BigInteger)(uint)bits[2] << 64);
        var scaled = mantissa * BigInteger.Pow(10, 12);
        var divisor = BigInteger.Pow(10, value.Scale);
        var quotient = BigInteger.DivRem(scaled, divisor, out var remainder);
        var twice = remainder * 2;
        if (twice > divisor || (twice == divisor && !quotient.IsEven)) quotient++;
        return (value < 0 ? -quotient : quotient).ToString(CultureInfo.InvariantCulture);
    }
}
