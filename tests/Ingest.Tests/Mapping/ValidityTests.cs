using System.Diagnostics;
using CsCheck;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>A bad span is refused, quarantined or trimmed, is counted by its reason, and harms no neighbour.</summary>
public sealed class ValidityTests
{
    private static readonly List<(string, object)> Call = [("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 10), ("gen_ai.usage.output_tokens", 2)];

    private static TestSpan Good(byte id = 9) => new() { SpanId = [0, 0, 0, 0, 0, 0, 0, id], Attributes = Call };

    [Fact]
    public void Map_SpanWithoutIds_IsRefusedAlone()
    {
        var harness = new MapperHarness();
        var result = harness.Spans("x", new TestSpan { TraceId = [], Attributes = Call }, new TestSpan { TraceId = new byte[16], Attributes = Call },
            new TestSpan { SpanId = new byte[8], Attributes = Call }, new TestSpan { SpanId = [1, 2], Attributes = Call }, Good());
        Assert.Equal((1, 4, false), (result.Accepted, result.Rejected, result.Malformed));
        Assert.Equal(4, harness.Tally[IngestReason.MissingIds]);
        Assert.Contains("missing_ids", result.Error);
        Assert.Single(harness.Rows.Calls);
    }

    [Fact]
    public void Map_StartOutsideTheLimits_IsRefusedAlone()
    {
        const ulong Day = 86_400_000_000_000;
        const ulong Minute = 60_000_000_000;
        var now = (ulong)MapperHarness.NowUnixMicros * 1000;
        var harness = new MapperHarness();
        var result = harness.Spans("x",
            new TestSpan { SpanId = [0, 0, 0, 0, 0, 0, 0, 1], StartNanos = now - 401 * Day, Attributes = Call },
            new TestSpan { SpanId = [0, 0, 0, 0, 0, 0, 0, 2], StartNanos = now - 399 * Day, Attributes = Call },
            new TestSpan { SpanId = [0, 0, 0, 0, 0, 0, 0, 3], StartNanos = now + 11 * Minute, Attributes = Call },
            new TestSpan { SpanId = [0, 0, 0, 0, 0, 0, 0, 4], StartNanos = now + 9 * Minute, Attributes = Call },
            new TestSpan { SpanId = [0, 0, 0, 0, 0, 0, 0, 5], StartNanos = 0, Attributes = Call });
        Assert.Equal((2, 3), (result.Accepted, result.Rejected));
        Assert.Equal((1, 1, 1), (harness.Tally[IngestReason.StartTooOld], harness.Tally[IngestReason.StartInFuture], harness.Tally[IngestReason.InvalidTime]));
        Assert.Equal([2UL, 4UL], harness.Rows.Calls.Select(call => call.SpanId.Value));
    }

    [Fact]
    public void Map_MoreItemsThanAreTaken_RefusesWhatFollows()
    {
        var harness = new MapperHarness();
        harness.Context.Limits.MaxItems = 2;
        var result = harness.Spans("x", Good(1), Good(2), Good(3));
        Assert.Equal((2, 1), (result.Accepted, result.Rejected));
        Assert.Equal(1, harness.Tally[IngestReason.TooManyItems]);
        Assert.Equal(2, harness.Rows.Calls.Count);
    }

    [Theory]
    [InlineData("gen_ai.usage.input_tokens", -1L, IngestReason.QuarantinedNegative)]
    [InlineData("gen_ai.usage.output_tokens", -5L, IngestReason.QuarantinedNegative)]
    [InlineData("gen_ai.usage.cache_read.input_tokens", -1L, IngestReason.QuarantinedNegative)]
    [InlineData("gen_ai.usage.input_tokens", 100_000_001L, IngestReason.QuarantinedHuge)]
    [InlineData("gen_ai.usage.output_tokens", long.MaxValue, IngestReason.QuarantinedHuge)]
    public void Map_ImpossibleCount_IsQuarantinedAndStaysInTheTrace(string name, long value, IngestReason reason)
    {
        var harness = new MapperHarness();
        var result = harness.Spans("x", new TestSpan { Attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.response.model", "m"), ("feature", "f"), (name, value)] }, Good());
        Assert.Equal((2, 0), (result.Accepted, result.Rejected));
        var row = Assert.Single(harness.Rows.Quarantined);
        Assert.Equal(("m", reason.Name()), (row.Model, row.Reason));
        Assert.Contains(value.ToString(System.Globalization.CultureInfo.InvariantCulture), row.Detail);
        Assert.Equal(1, harness.Tally[reason]);
        Assert.Equal("f", Assert.Single(harness.Rows.Links).Tags[Tag.Feature]);
        Assert.Single(harness.Rows.Calls);
    }

    [Fact]
    public void Map_CountsAtTheLimit_AreTakenAndAboveInSumQuarantined()
    {
        Assert.Equal(100_000_000u, MapperHarness.Report("x", ("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 100_000_000)).Usage.InputFresh);
        var harness = new MapperHarness();
        harness.Spans("@openlit/instrumentation-anthropic", new TestSpan
        {
            Attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"), ("gen_ai.usage.input_tokens", 90_000_000),
                ("gen_ai.usage.cache_read.input_tokens", 20_000_000)],
        });
        Assert.Empty(harness.Rows.Calls);
        Assert.Single(harness.Rows.Quarantined);
    }

    [Fact]
    public void Map_HundredThousandAttributes_KeepsTheSpanAndIsFast()
    {
        var attributes = new List<(string, object)>(Call);
        for (var index = 0; index < 100_000; index++) attributes.Add(($"k{index}", index));
        var harness = new MapperHarness();
        var watch = Stopwatch.StartNew();
        var result = harness.Spans("x", new TestSpan { Attributes = attributes }, Good());
        Assert.Equal((2, 0), (result.Accepted, result.Rejected));
        Assert.Equal(1, harness.Tally[IngestReason.TooManyAttributes]);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Map_InvalidUtf8_IsReplacedAndCounted()
    {
        var harness = new MapperHarness();
        harness.Spans("x", new TestSpan { Attributes = [.. Call, ("feature", new byte[] { (byte)'a', 0xFF, 0xFE, (byte)'b' })] });
        Assert.Equal("a��b", Assert.Single(harness.Rows.Calls).Tags[Tag.Feature]);
        Assert.Equal(1, harness.Tally[IngestReason.InvalidUtf8]);
    }

    [Fact]
    public void Map_DeepValue_IsDroppedAndCounted()
    {
        var value = OtlpBytes.Value("x");
        for (var level = 0; level < 5000; level++) value = new OtlpBytes().Message(5, new OtlpBytes().Message(1, value).ToArray()).ToArray();
        var harness = new MapperHarness();
        var result = harness.Spans("x", new TestSpan { Attributes = [.. Call, ("gen_ai.response.finish_reasons", new OtlpBytes.Encoded(value))] }, Good());
        Assert.Equal((2, 0), (result.Accepted, result.Rejected));
        Assert.Equal(1, harness.Tally[IngestReason.NestedTooDeep]);
    }

    [Fact]
    public void Map_LongText_IsCutAndCounted()
    {
        var harness = new MapperHarness();
        harness.Spans("x", new TestSpan { Attributes = [.. Call, ("feature", new string('f', 300)), ("user.id", string.Concat(Enumerable.Repeat("😀", 5000)))] });
        var tags = Assert.Single(harness.Rows.Calls).Tags;
        Assert.Equal((256, 256), (tags[Tag.Feature].Length, tags[Tag.User].Length));
        Assert.EndsWith("😀", tags[Tag.User]);
        Assert.Equal(2, harness.Tally[IngestReason.ValueCut]);
    }

    [Fact]
    public void Map_UnknownFieldsAndGroups_AreSkipped()
    {
        var span = new OtlpBytes().Bytes(Good().Encode()).Varint(900, 7).Text(901, "x").Bytes(0xA3, 0x06).Varint(1, 5).Text(2, "in a group").Bytes(0xA4, 0x06).ToArray();
        var harness = new MapperHarness();
        var result = harness.Traces(OtlpBytes.Request("x", [span]));
        Assert.Equal((1, false), (result.Accepted, result.Malformed));
    }

    [Theory]
    [InlineData(new byte[] { 0x0A, 0x05, 0x01 })]
    [InlineData(new byte[] { 0x0A })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x00 })]
    [InlineData(new byte[] { 0x0F })]
    [InlineData(new byte[] { 0x0B })]
    public void Map_BrokenProtobuf_IsMalformedAndLeavesNothing(byte[] tail)
    {
        var harness = new MapperHarness();
        var result = harness.Traces([.. OtlpBytes.Request("x", [Good().Encode()]), .. tail]);
        Assert.True(result.Malformed);
        Assert.NotNull(result.Error);
        Assert.True(harness.Rows.IsEmpty);
        Assert.Equal(0, harness.Tally[IngestReason.Accepted]);
    }

    [Fact]
    public void Map_EmptyRequest_IsSuccess() => Assert.Equal(new Ingest.Mapping.MapResult(0, 0, null, false), new MapperHarness().Traces([]));

    [Fact]
    public void Map_SpansBeforeTheirResource_StillGetIt()
    {
        var scoped = new OtlpBytes().Message(2, Good().Encode()).Message(1, new OtlpBytes().Text(1, "late scope").ToArray()).ToArray();
        var resource = new OtlpBytes().Message(1, OtlpBytes.Attribute("service.name", "api")).ToArray();
        var harness = new MapperHarness();
        harness.Traces(new OtlpBytes().Message(1, new OtlpBytes().Message(2, scoped).Message(1, resource).ToArray()).ToArray());
        var call = Assert.Single(harness.Rows.Calls);
        Assert.Equal(("late scope", "api"), (call.Scope, call.Tags[Tag.Service]));
    }

    [Fact]
    public void Map_MutatedCaptures_NeverThrowAndNeverHang()
    {
        var bodies = Captures.Folders.SelectMany(Captures.Bodies).ToArray();
        var mutation = Gen.Select(Gen.Int[0, bodies.Length - 1], Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 8], Gen.Int[0, 3]);
        mutation.Sample(
            (which, changes, cut) =>
            {
                var (signal, original) = bodies[which];
                var body = (byte[])original.Clone();
                foreach (var (at, value) in changes) body[at % body.Length] = value;
                if (cut == 0) body = body[..(changes[0].Item1 % body.Length)];
                var harness = new MapperHarness();
                var watch = Stopwatch.StartNew();
                var result = signal switch
                {
                    IngestSignal.Traces => harness.Traces(body),
                    IngestSignal.Metrics => harness.Metrics(body),
                    _ => harness.Logs(body),
                };
                return (!result.Malformed || harness.Rows.IsEmpty) && watch.Elapsed < TimeSpan.FromSeconds(10);
            },
            iter: 5_000, threads: 1);
    }

    [Fact]
    public void Map_RandomBytes_NeverThrow() =>
        Gen.Byte.Array[0, 300].Sample(
            bytes =>
            {
                var harness = new MapperHarness();
                harness.Traces(bytes);
                harness.Metrics(bytes);
                harness.Logs(bytes);
            },
            iter: 5_000, threads: 1);
}
