using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>The working memory of one request at a time, reused for the next: attribute places, string caches, counters.</summary>
internal sealed class RequestMapper
{
    private const uint ResourceMessagesTag = 1 << 3 | Wire.Length;
    private const uint ResourceTag = 1 << 3 | Wire.Length;
    private const uint ScopeMessagesTag = 2 << 3 | Wire.Length;
    private const uint ScopeTag = 1 << 3 | Wire.Length;
    private const uint ItemsTag = 2 << 3 | Wire.Length;
    private const uint ResourceAttributeTag = 1 << 3 | Wire.Length;
    private const uint ScopeNameTag = 1 << 3 | Wire.Length;

    private readonly AttributeSet _attributes = new();
    private readonly RequestTexts _texts;
    private readonly SpanMapper _spans;
    private readonly MetricMapper _metrics;
    private readonly LogMapper _logs;

    public RequestMapper()
    {
        _texts = new RequestTexts(Tally);
        _spans = new SpanMapper(_attributes, _texts, Tally);
        _metrics = new MetricMapper(_attributes, _texts, Tally);
        _logs = new LogMapper(_attributes, _texts, Tally);
    }

    /// <summary>This request's counts; given on only when the request turned out to be well-formed.</summary>
    public IngestTally Tally { get; } = new();

    public void Map(IngestSignal signal, ReadOnlySpan<byte> body, MapContext context, RowBatch output)
    {
        Tally.Clear();
        _texts.MaxLength = context.Limits.MaxTextLength;
        if (signal == IngestSignal.Traces) _spans.Hasher = new ContentHasher(context.HashKey.Span);
        var reader = new ProtoReader(body);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ResourceMessagesTag) MapResource(signal, body, reader.ReadSlice(), context, output);
            else reader.Skip(tag);
        }
    }

    private void MapResource(IngestSignal signal, ReadOnlySpan<byte> body, Slice window, MapContext context, RowBatch output)
    {
        // The resource may stand behind its spans on the wire, so it is looked for first.
        var resource = ReadResource(body, Find(body, window, ResourceTag), context);
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            if (tag != ScopeMessagesTag)
            {
                reader.Skip(tag);
                continue;
            }

            var scope = reader.ReadSlice();
            resource.Scope = _texts.Name(Find(body, Find(body, scope, ScopeTag), ScopeNameTag).In(body));
            resource.Instrumentation = Instrumentation.For(resource.Scope);
            MapScope(signal, body, scope, resource, context, output);
        }
    }

    private void MapScope(IngestSignal signal, ReadOnlySpan<byte> body, Slice window, in ResourceContext resource, MapContext context, RowBatch output)
    {
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            if (tag != ItemsTag)
            {
                reader.Skip(tag);
                continue;
            }

            var item = reader.ReadSlice();
            switch (signal)
            {
                case IngestSignal.Traces: _spans.Map(body, item, resource, context, output); break;
                case IngestSignal.Metrics: _metrics.Map(body, item, resource, context, output); break;
                default: _logs.Map(body, item, resource, context, output); break;
            }
        }
    }

    private ResourceContext ReadResource(ReadOnlySpan<byte> body, Slice window, MapContext context)
    {
        _attributes.Clear();
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ResourceAttributeTag) _attributes.Add(body, reader.ReadSlice(), context.Limits);
            else reader.Skip(tag);
        }

        _attributes.CountRemarks(Tally);
        var resource = default(ResourceContext);
        TagRules.Read(body, _attributes, TagLevel.Resource, _texts, context.Limits, ref resource.Tags);
        context.KeyTags.BindTo(ref resource.Tags);
        resource.Service = resource.Tags[Tag.Service];
        resource.Environment = resource.Tags[Tag.Environment];
        resource.Host = _texts.Name(_attributes.Text(body, Field.Host));
        return resource;
    }

    /// <summary>The last length-delimited field with the tag; an empty window when there is none.</summary>
    private static Slice Find(ReadOnlySpan<byte> body, Slice window, uint wanted)
    {
        var found = default(Slice);
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == wanted) found = reader.ReadSlice();
            else reader.Skip(tag);
        }

        return found;
    }
}
