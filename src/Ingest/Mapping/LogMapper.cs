using FinOps.Domain.Outcomes;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>
/// One OTLP log record. It may tell an outcome, by its event's name, where the tenant has defined one so. All else that records tell (OpenLIT's gen_ai.client.inference.operation.details)
/// tells again of calls that spans tell of: taken, never billed.
/// </summary>
internal sealed class LogMapper(AttributeSet attributes, RequestTexts texts, IngestTally tally)
{
    private const uint TimeTag = 1 << 3 | Wire.Fixed64;
    private const uint ObservedTimeTag = 11 << 3 | Wire.Fixed64;
    private const uint AttributeTag = 6 << 3 | Wire.Length;
    private const uint TraceIdTag = 9 << 3 | Wire.Length;
    private const uint SpanIdTag = 10 << 3 | Wire.Length;
    private const uint EventNameTag = 12 << 3 | Wire.Length;

    private const long MicrosPerDay = 86_400_000_000;
    private const long MicrosPerMinute = 60_000_000;

    private readonly OutcomeReader _outcomes = new(texts, tally);

    public void Map(ReadOnlySpan<byte> body, Slice window, in ResourceContext resource, MapContext context, RowBatch output)
    {
        if (context.Outcomes is not { Records.Length: > 0 } plan || !TellsAny(body, window, plan, out var name))
        {
            tally.Count(IngestReason.Ignored);
            return;
        }

        var (time, trace, span) = ReadFields(body, window, context);
        var earliest = context.NowUnixMicros - context.Limits.MaxStartAgeDays * MicrosPerDay;
        var latest = context.NowUnixMicros + context.Limits.MaxStartAheadMinutes * MicrosPerMinute;
        if (time < earliest || time > latest)
        {
            tally.Count(time < earliest ? IngestReason.StartTooOld : IngestReason.StartInFuture);
            return;
        }

        var tags = resource.Tags;
        TagRules.Read(body, attributes, TagLevel.Span, texts, context.Limits, ref tags);
        context.KeyTags.BindTo(ref tags);
        if (trace.IsEmpty && tags[Tag.Session].Length + tags[Tag.User].Length + tags[Tag.Customer].Length == 0)
        {
            tally.Count(IngestReason.MissingIds);
            return;
        }

        attributes.CountRemarks(tally);
        tally.Count(IngestReason.Accepted);
        var teller = new OutcomeReader.Teller(context.Tenant, context.Project, trace, span, time, time, latest, tags);
        _outcomes.ReadRecord(body, window, name, plan, teller, context.Limits, output);
    }

    /// <summary>The field <c>event_name</c>, or the attribute <c>event.name</c> of older SDKs, is one that an outcome is told by. Looked for first: most records are none.</summary>
    private static bool TellsAny(ReadOnlySpan<byte> body, Slice window, OutcomePlan plan, out Slice name)
    {
        name = default;
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == EventNameTag) name = reader.ReadSlice();
            else reader.Skip(tag);
        }

        if (name.Length == 0 && OutcomeReader.TryFind(body, window, AttributeTag, "event.name"u8, out var told) && told.Kind == ValueKind.String) name = told.Text;
        if (name.Length == 0) return false;
        foreach (var entry in plan.Records)
            if (name.In(body).SequenceEqual(entry.Key)) return true;
        return false;
    }

    private (long Time, TraceId Trace, SpanId Span) ReadFields(ReadOnlySpan<byte> body, Slice window, MapContext context)
    {
        attributes.Clear();
        ulong nanos = 0, observed = 0;
        var (trace, span) = (default(TraceId), default(SpanId));
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case TimeTag: nanos = reader.ReadFixed64(); break;
                case ObservedTimeTag: observed = reader.ReadFixed64(); break;
                case AttributeTag: attributes.Add(body, reader.ReadSlice(), context.Limits); break;
                case TraceIdTag: trace = reader.ReadSlice() is { Length: 16 } whole ? TraceId.FromBytes(whole.In(body)) : default; break;
                case SpanIdTag: span = reader.ReadSlice() is { Length: 8 } own ? SpanId.FromBytes(own.In(body)) : default; break;
                default: reader.Skip(tag); break;
            }
        }

        // A record may lack its own time; the collector then tells when it saw it.
        var told = nanos != 0 ? nanos : observed;
        return (told == 0 ? context.NowUnixMicros : (long)(told / 1000), trace, span);
    }
}
