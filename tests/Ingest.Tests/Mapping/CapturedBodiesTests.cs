using System.Text.Json;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Every report of every captured call tells what its expected.json says can be derived from what was sent.</summary>
public sealed class CapturedBodiesTests
{
    private static readonly (string Name, Tag Tag)[] TagNames =
    [
        ("user", Tag.User), ("session", Tag.Session), ("tenant", Tag.Customer), ("feature", Tag.Feature), ("team", Tag.Team),
        ("environment", Tag.Environment), ("service", Tag.Service),
    ];

    public static TheoryData<string, int> Calls()
    {
        var calls = new TheoryData<string, int>();
        foreach (var folder in Captures.Folders)
            if (Captures.Expected(folder).TryGetProperty("calls", out var list))
                for (var index = 0; index < list.GetArrayLength(); index++) calls.Add(folder, index);
        return calls;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Map_CapturedCall_TellsTheObservableVector(string folder, int index)
    {
        var call = Captures.Expected(folder).GetProperty("calls")[index];
        var rows = Captures.MapAll(folder).Rows;
        if (call.GetProperty("observable").ValueKind == JsonValueKind.Null)
        {
            foreach (var seen in SpansOf(call, "leaf"))
            {
                var silent = Find(rows.Calls, seen);
                Assert.Equal(UsageSource.Missing, silent.UsageSource);
                Assert.True(silent.Flags.HasFlag(CallFlags.NoUsage));
                Assert.Equal(call.GetProperty("model_seen").GetString(), silent.Model);
            }

            return;
        }

        var report = Find(rows.Calls, call.GetProperty("observable_from"));
        var observable = call.GetProperty("observable");
        Assert.Equal(Part(observable, "fresh_input"), report.Usage.InputFresh);
        Assert.Equal(Part(observable, "cache_read"), report.Usage.CacheRead);
        Assert.Equal(Part(observable, "cache_write_5m"), report.Usage.CacheWrite5m);
        Assert.Equal(Part(observable, "cache_write_1h"), report.Usage.CacheWrite1h);
        Assert.Equal(Part(observable, "output_text"), report.Usage.OutputText);
        Assert.Equal(Part(observable, "reasoning"), report.Usage.OutputReasoning);
        Assert.Equal(Part(observable, "web_searches"), report.Usage.WebSearches);
        Assert.Equal(Part(observable, "input_total"), report.Usage.InputTotal);
        Assert.Equal(Part(observable, "output_total"), report.Usage.OutputTotal);
        AssertUntold(observable, "cache_read", report, UsageParts.CacheRead);
        AssertUntold(observable, "reasoning", report, UsageParts.Reasoning);
        AssertUntold(observable, "web_searches", report, UsageParts.WebSearches);
        AssertUntold(observable, "cache_write_1h", report, UsageParts.CacheWriteSplit);

        Assert.Equal(call.GetProperty("provider").GetString(), report.Provider);
        Assert.Equal(call.GetProperty("model_seen").GetString(), report.Model);
        Assert.Equal(call.GetProperty("endpoint").GetString() == "embeddings" ? "embeddings" : "chat", report.Operation);
        if (call.GetProperty("response_id_seen").GetArrayLength() > 0) Assert.Equal(call.GetProperty("response_id").GetString(), report.ResponseId);
        Assert.Equal(CallStatus.Answered, report.Status);
        Assert.False(report.WrapsCalls);
        var guess = call.GetProperty("observable_quality").GetString() == "sdk_guess";
        Assert.Equal(guess ? UsageSource.Estimated : UsageSource.Reported, report.UsageSource);
        Assert.Equal(guess, report.Flags.HasFlag(CallFlags.EstimatedUsage));
        Assert.False(report.Flags.HasFlag(CallFlags.Ambiguous));
        if (call.GetProperty("streamed_seen").GetArrayLength() > 0)
            Assert.Contains(call.GetProperty("streamed").GetBoolean() ? Streaming.Yes : Streaming.No, SpansOf(call, null).Select(span => Find(rows.Calls, span).Streamed));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Map_CapturedCall_FindsTheTagsWhereTheyWereSet(string folder, int index)
    {
        var call = Captures.Expected(folder).GetProperty("calls")[index];
        var rows = Captures.MapAll(folder).Rows;
        var leaf = SpansOf(call, "leaf").FirstOrDefault();
        if (leaf.ValueKind == JsonValueKind.Undefined) return;
        var report = Find(rows.Calls, leaf);
        foreach (var (name, tag) in TagNames)
        {
            if (!call.GetProperty("tags_seen").TryGetProperty(name, out var places)) continue;
            var wanted = call.GetProperty("tags").GetProperty(name).GetString();
            var seen = places.EnumerateArray().Select(place => place.GetString()!.Split(':')[0]).ToHashSet();
            if (seen.Contains("span"))
            {
                Assert.Equal((TagLevel.Span, wanted), (report.Tags.Level(tag), report.Tags[tag]));
            }
            else if (seen.Contains("ancestor"))
            {
                var above = SpansOf(call, "ancestor").Select(span => TagsOf(rows, span)).Where(tags => tags.Level(tag) == TagLevel.Span).ToList();
                Assert.NotEmpty(above);
                Assert.All(above, tags => Assert.Equal(wanted, tags[tag]));
            }
            else if (seen.Contains("resource"))
            {
                Assert.Equal((TagLevel.Resource, wanted), (report.Tags.Level(tag), report.Tags[tag]));
            }
            else
            {
                Assert.Equal(TagLevel.None, report.Tags.Level(tag));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Map_SpanThatTellsAgain_HasTheSameTotals(string folder, int index)
    {
        var call = Captures.Expected(folder).GetProperty("calls")[index];
        if (call.GetProperty("observable").ValueKind == JsonValueKind.Null) return;
        var rows = Captures.MapAll(folder).Rows;
        var best = Find(rows.Calls, call.GetProperty("observable_from"));
        foreach (var span in SpansOf(call, null))
        {
            if (!span.GetProperty("usage").EnumerateObject().Any()) continue;
            var report = Find(rows.Calls, span);
            Assert.Equal(best.Usage.InputTotal, report.Usage.InputTotal);
            // OpenLIT counts one output token too many of an Anthropic stream.
            var tooMany = folder == "openlit" && call.GetProperty("streamed").GetBoolean() && report.Scope.EndsWith("anthropic", StringComparison.Ordinal) ? 1UL : 0;
            Assert.Equal(best.Usage.OutputTotal + tooMany, report.Usage.OutputTotal);
            Assert.Equal(span.GetProperty("name").GetString()!.StartsWith("invoke_agent", StringComparison.Ordinal), report.WrapsCalls);
        }
    }

    [Fact]
    public void Map_RateLimitedCall_IsFailedWithoutUsage()
    {
        var failed = Assert.Single(Captures.MapAll("openlit").Rows.Calls, call => call.Status == CallStatus.Failed);
        Assert.Equal("rate-limited", failed.Model);
        Assert.Equal("RateLimitError", failed.ErrorType);
        Assert.Equal(UsageSource.Missing, failed.UsageSource);
    }

    [Fact]
    public void Map_EverySpan_BecomesACallOrALink()
    {
        foreach (var folder in Captures.Folders)
        {
            var harness = Captures.MapAll(folder);
            var telemetry = Captures.Expected(folder).GetProperty("telemetry");
            Assert.Equal(telemetry.GetProperty("spans").GetInt32(), harness.Rows.Calls.Count + harness.Rows.Links.Count);
            Assert.Equal(telemetry.GetProperty("spans_with_usage").GetInt32(), harness.Rows.Calls.Count(call => call.UsageSource != UsageSource.Missing));
        }
    }

    [Fact]
    public void Map_OpenLitQdrant_BecomesVectorOperations()
    {
        var operations = Captures.MapAll("openlit-gpu-qdrant").Rows.VectorOperations;
        var upsert = Assert.Single(operations, operation => operation.Operation == "upsert");
        Assert.Equal(("qdrant", "docs", 1u), (upsert.System, upsert.Collection, upsert.Vectors));
        var search = Assert.Single(operations, operation => operation.Operation == "search");
        Assert.Equal(("qdrant", "docs", 5u, 1u), (search.System, search.Collection, search.TopK, search.Returned));
        Assert.Equal("rag-api", search.Tags[Tag.Service]);
        Assert.Equal("production", search.Tags[Tag.Environment]);
    }

    [Fact]
    public void Map_TraceloopQdrant_TakesTheOperationFromTheSpanName()
    {
        var operations = Captures.MapAll("traceloop-qdrant").Rows.VectorOperations;
        Assert.Equal(["search", "upsert"], operations.Select(operation => operation.Operation).Order());
        Assert.All(operations, operation => Assert.Equal("qdrant", operation.System));
        Assert.Equal(1u, operations.Single(operation => operation.Operation == "search").Returned);
    }

    [Fact]
    public void Map_OpenLitGpuGauges_HaveCanonicalUnits()
    {
        var samples = Captures.MapAll("openlit-gpu-qdrant").Rows.Samples.ToDictionary(sample => sample.Metric);
        Assert.Equal(0.37, samples["gpu.utilization"].Value, 12);
        Assert.Equal(40321.0 * 1024 * 1024, samples["gpu.memory.used"].Value);
        Assert.Equal(412.55, samples["gpu.power"].Value);
        Assert.Equal(700, samples["gpu.power.limit"].Value);
        Assert.All(samples.Values, sample => Assert.Equal("GPU-604ac76c-d9cf-fef3-62e9-d92044ab6e52", sample.Subject));
        Assert.All(samples.Values, sample => Assert.Equal(("rag-api", "production"), (sample.Service, sample.Environment)));
        Assert.Contains(new KeyValuePair<string, string>("gpu.name", "NVIDIA H100 80GB HBM3"), samples["gpu.utilization"].Attributes);
        Assert.Equal(11, samples.Count);
    }

    [Fact]
    public void Map_OpenLitTokenMetrics_AreKeptApart()
    {
        var rows = Captures.MapAll("openlit").Rows;
        Assert.All(rows.Samples, sample => Assert.Equal(ResourceKind.Tokens, sample.Kind));
        var input = Assert.Single(rows.Samples, sample => sample is { Metric: "gen_ai.client.token.usage", Subject: "gpt-4o-mini-2024-07-18" }
            && sample.Attributes.Contains(new("gen_ai.token.type", "input")));
        Assert.Equal((378, 3UL, SampleTemporality.Cumulative), (input.Value, input.Count, input.Temporality));
    }

    private static IEnumerable<JsonElement> SpansOf(JsonElement call, string? level) =>
        call.GetProperty("seen_in").EnumerateArray().Where(seen => seen.GetProperty("signal").GetString() == "span"
            && (level is null || seen.GetProperty("level").GetString() == level));

    private static CallReport Find(List<CallReport> calls, JsonElement span) =>
        Assert.Single(calls, call => call.SpanId.ToString() == span.GetProperty("span_id").GetString());

    private static TagSet TagsOf(Ingest.Pipeline.RowBatch rows, JsonElement span)
    {
        var id = span.GetProperty("span_id").GetString();
        return rows.Links.FirstOrDefault(link => link.SpanId.ToString() == id)?.Tags ?? rows.Calls.Single(call => call.SpanId.ToString() == id).Tags;
    }

    private static ulong Part(JsonElement vector, string name) =>
        vector.GetProperty(name).ValueKind == JsonValueKind.Null ? 0 : vector.GetProperty(name).GetUInt64();

    private static void AssertUntold(JsonElement vector, string name, CallReport report, UsageParts part)
    {
        if (vector.GetProperty(name).ValueKind == JsonValueKind.Null) Assert.False(report.Told.HasFlag(part));
    }
}
