using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>One OTLP metric becomes resource samples under our names and units, or is taken and dropped.</summary>
internal sealed class MetricMapper(AttributeSet attributes, RequestTexts texts, IngestTally tally)
{
    private const uint NameTag = 1 << 3 | Wire.Length;
    private const uint UnitTag = 3 << 3 | Wire.Length;
    private const uint GaugeTag = 5 << 3 | Wire.Length;
    private const uint SumTag = 7 << 3 | Wire.Length;
    private const uint HistogramTag = 9 << 3 | Wire.Length;
    private const uint ExponentialHistogramTag = 10 << 3 | Wire.Length;
    private const uint SummaryTag = 11 << 3 | Wire.Length;

    private const uint PointsTag = 1 << 3 | Wire.Length;
    private const uint TemporalityTag = 2 << 3 | Wire.Varint;
    private const uint MonotonicTag = 3 << 3 | Wire.Varint;

    private const long MicrosPerDay = 86_400_000_000;
    private const long MicrosPerMinute = 60_000_000;

    /// <summary>NVIDIA writes values next to the largest 64-bit number for "not supported".</summary>
    private const double Blank = 9.22e18;

    private readonly PointReader _points = new(texts);

    public void Map(ReadOnlySpan<byte> body, Slice window, in ResourceContext resource, MapContext context, RowBatch output)
    {
        Slice name = default, unit = default, data = default;
        uint kind = 0;
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case NameTag: name = reader.ReadSlice(); break;
                case UnitTag: unit = reader.ReadSlice(); break;
                case GaugeTag or SumTag or HistogramTag or ExponentialHistogramTag or SummaryTag:
                    kind = tag;
                    data = reader.ReadSlice();
                    break;
                default: reader.Skip(tag); break;
            }
        }

        if (kind == 0) return;
        var rule = MetricRules.Find(texts.Name(name.In(body)));
        var scale = rule is null || (rule.UnlessUnit.Length != 0 && texts.Name(unit.In(body)) == rule.UnlessUnit) ? 1 : rule.Scale;
        var temporality = ReadTemporality(body, data, kind);
        reader = new ProtoReader(body, data);
        while (reader.TryReadTag(out var tag))
        {
            if (tag != PointsTag)
            {
                reader.Skip(tag);
                continue;
            }

            var point = reader.ReadSlice();
            if (rule is null) tally.Count(IngestReason.Ignored);
            else MapPoint(body, point, kind, rule, scale, temporality, resource, context, output);
        }
    }

    private static SampleTemporality ReadTemporality(ReadOnlySpan<byte> body, Slice data, uint kind)
    {
        if (kind == GaugeTag) return SampleTemporality.Gauge;
        if (kind == SummaryTag) return SampleTemporality.Cumulative;
        ulong told = 2;
        var monotonic = kind != SumTag;
        var reader = new ProtoReader(body, data);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == TemporalityTag) told = reader.ReadVarint();
            else if (tag == MonotonicTag && kind == SumTag) monotonic = reader.ReadVarint() != 0;
            else reader.Skip(tag);
        }

        // A cumulative sum that may fall (memory in use) is a level.
        return told == 1 ? SampleTemporality.Delta : monotonic ? SampleTemporality.Cumulative : SampleTemporality.Gauge;
    }

    private void MapPoint(
        ReadOnlySpan<byte> body, Slice window, uint kind, MetricRule rule, double scale, SampleTemporality temporality, in ResourceContext resource, MapContext context,
        RowBatch output)
    {
        attributes.Clear();
        var point = kind switch
        {
            HistogramTag => _points.ReadHistogram(body, window, attributes, context.Limits),
            ExponentialHistogramTag => _points.ReadExponentialHistogram(body, window, attributes, context.Limits),
            SummaryTag => _points.ReadSummary(body, window, attributes, context.Limits),
            _ => _points.ReadNumber(body, window, attributes, context.Limits),
        };
        if (output.RowCount >= context.Limits.MaxItems)
        {
            tally.Count(IngestReason.TooManyItems);
            return;
        }

        if (!HasValidTime(point.TimeNanos, context)) return;
        attributes.CountRemarks(tally);
        if (!point.HasValue || point.IsBlank || !double.IsFinite(point.Value) || Math.Abs(point.Value) >= Blank || (rule.OnlyGpu && _points.HardwareType != "gpu"))
        {
            tally.Count(IngestReason.Ignored);
            return;
        }

        tally.Count(IngestReason.Accepted);
        _points.SetOwner(rule, context.KeyTags);
        var row = output.AddSample();
        row.Tenant = context.Tenant;
        row.Project = context.Project;
        row.TimeUnixMillis = (long)(point.TimeNanos / 1_000_000);
        row.StartUnixMillis = temporality == SampleTemporality.Gauge || point.StartNanos == 0 ? row.TimeUnixMillis : (long)(point.StartNanos / 1_000_000);
        row.Kind = rule.Kind;
        row.Metric = _points.Rename(rule.Metric);
        row.Unit = rule.Unit;
        row.Subject = _points.Subject(rule.Kind);
        row.Host = _points.Host.Length != 0 ? _points.Host : resource.Host;
        row.Service = resource.Service;
        row.Environment = resource.Environment;
        row.Temporality = temporality;
        row.Value = point.Value * scale;
        row.Count = point.Count;
        row.Attributes = _points.Attributes();
    }

    private bool HasValidTime(ulong nanos, MapContext context)
    {
        var micros = (long)(nanos / 1000);
        IngestReason? wrong = nanos == 0 ? IngestReason.InvalidTime
            : micros < context.NowUnixMicros - context.Limits.MaxStartAgeDays * MicrosPerDay ? IngestReason.StartTooOld
            : micros > context.NowUnixMicros + context.Limits.MaxStartAheadMinutes * MicrosPerMinute ? IngestReason.StartInFuture
            : null;
        if (wrong is { } reason) tally.Count(reason);
        return wrong is null;
    }
}
