using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Tests.Mapping;

/// <summary>Maps bytes as the front door would, and keeps what came of it.</summary>
internal sealed class MapperHarness
{
    /// <summary>2026-11-22 21:00 UTC, an hour after the captures.</summary>
    public const long NowUnixMicros = 1_795_381_200_000_000;

    public static readonly TenantId Tenant = new(new Guid("0191d7f0-0000-7000-8000-000000000001"));

    private readonly TelemetryMapper _mapper = new();

    public RowBatch Rows { get; } = new();
    public IngestTally Tally { get; } = new();
    public MapContext Context { get; set; } = new(
        Tenant, new ProjectId(new Guid("0191d7f0-0000-7000-8000-000000000002")), BoundTags.None, "secret of tenant one, 32 bytes.."u8.ToArray(),
        PriceSnapshot.Empty, NowUnixMicros, new MappingLimits());

    public MapResult Traces(byte[] body) => _mapper.MapTraces(body, Context, Rows, Tally);

    public MapResult Metrics(byte[] body) => _mapper.MapMetrics(body, Context, Rows, Tally);

    public MapResult Logs(byte[] body) => _mapper.MapLogs(body, Context, Rows, Tally);

    public MapResult Spans(string scope, params TestSpan[] spans) => Traces(OtlpBytes.Request(scope, spans.Select(span => span.Encode())));

    /// <summary>The single report of a span with these attributes.</summary>
    public static CallReport Report(string scope, params (string Key, object Value)[] attributes)
    {
        var harness = new MapperHarness();
        var result = harness.Spans(scope, new TestSpan { Attributes = [.. attributes] });
        Assert.False(result.Malformed);
        return Assert.Single(harness.Rows.Calls);
    }

    /// <summary>The single link of a span with these attributes, which must not be a call.</summary>
    public static SpanLink Link(TestSpan span)
    {
        var harness = new MapperHarness();
        harness.Spans("any", span);
        Assert.Empty(harness.Rows.Calls);
        return Assert.Single(harness.Rows.Links);
    }
}
