using FinOps.Domain.Outcomes;
using FinOps.Domain.Sampling;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Mapping;

/// <summary>Step 3 of a call's path: one OTLP span becomes a call report, or a link (any other span), and possibly a vector operation.</summary>
internal sealed class SpanMapper(AttributeSet attributes, RequestTexts texts, IngestTally tally)
{
    private const long MicrosPerDay = 86_400_000_000;
    private const long MicrosPerMinute = 60_000_000;

    private readonly CallReader _calls = new(texts, tally);
    private readonly ContentSampler _sampler = new();
    private readonly OutcomeReader _outcomes = new(texts, tally);

    /// <summary>Under the key of the request's tenant.</summary>
    public ContentHasher Hasher { get; set; }

    public void Map(ReadOnlySpan<byte> body, Slice window, in ResourceContext resource, MapContext context, RowBatch output)
    {
        var limits = context.Limits;
        attributes.Clear();
        var span = SpanFields.Read(body, window, attributes, limits);
        if (!HasRoom(context, output) || !TryIdentify(body, span, context, out var identity)) return;
        attributes.CountRemarks(tally);
        tally.Count(IngestReason.Accepted);
        if (context.Outcomes is { IsOfSpans: true } outcomes) ReadOutcomes(body, window, span, identity, outcomes, resource, context, output);

        var operation = _calls.ReadOperation(body, attributes);
        var facts = default(AnswerFacts);
        var counts = CallReader.ReadCounts(body, attributes, limits, ref facts);
        if (!IsCall(body, operation, counts))
        {
            AddLink(body, span, identity, resource, context, output);
            if (VectorSystems.TryRead(body, attributes, texts, out var system)) AddVectorOperation(body, span, identity, system, resource, context, output);
            return;
        }

        if (counts.TryFindOutOfRange(limits.MaxTokensPerCall, out var wrong, out var value))
        {
            Quarantine(body, span, identity, resource, context, output, wrong, value);
            return;
        }

        var report = output.AddCall();
        report.Tenant = context.Tenant;
        report.Project = context.Project;
        report.Key = context.Key;
        report.TraceId = identity.TraceId;
        report.SpanId = identity.SpanId;
        report.ParentSpanId = identity.ParentSpanId;
        report.StartUnixMicros = identity.StartUnixMicros;
        report.DurationMicros = identity.DurationMicros;
        report.SamplingWeight = ReadSamplingWeight(body, span, limits);
        report.SpanName = texts.Name(span.Name.In(body));
        report.Scope = resource.Scope;
        report.Source = resource.Instrumentation.Source;
        report.Tags = resource.Tags;
        ReadTags(body, span, context, ref report.Tags);
        ReadOutcome(body, span, report);
        _calls.ReadFacts(body, attributes, limits, facts, operation, report);
        _calls.ReadUsage(body, attributes, limits, counts, resource.Instrumentation, Hasher, report);
        var most = Math.Max(report.Usage.InputTotal, report.Usage.OutputTotal);
        if (most > (ulong)limits.MaxTokensPerCall)
        {
            output.RemoveLastCall();
            Quarantine(body, span, identity, resource, context, output, "sum", (long)most);
            return;
        }

        context.Prices.Rate(report);
        if (context.Samples is { } samples) _sampler.Take(body, attributes, samples, limits, report, output, tally);
    }

    private readonly record struct Identity(TraceId TraceId, SpanId SpanId, SpanId ParentSpanId, long StartUnixMicros, ulong DurationMicros);

    /// <summary>Ids and times; false, and counted, when the span cannot be taken.</summary>
    private bool TryIdentify(ReadOnlySpan<byte> body, in SpanFields span, MapContext context, out Identity identity)
    {
        identity = default;
        if (span.TraceId.Length != 16 || span.SpanId.Length != 8) return Refuse(IngestReason.MissingIds);
        var traceId = TraceId.FromBytes(span.TraceId.In(body));
        var spanId = SpanId.FromBytes(span.SpanId.In(body));
        if (traceId.IsEmpty || spanId.IsEmpty) return Refuse(IngestReason.MissingIds);
        if (span.StartNanos == 0) return Refuse(IngestReason.InvalidTime);

        var start = (long)(span.StartNanos / 1000);
        if (start < context.NowUnixMicros - context.Limits.MaxStartAgeDays * MicrosPerDay) return Refuse(IngestReason.StartTooOld);
        if (start > context.NowUnixMicros + context.Limits.MaxStartAheadMinutes * MicrosPerMinute) return Refuse(IngestReason.StartInFuture);

        var parent = span.ParentSpanId.Length == 8 ? SpanId.FromBytes(span.ParentSpanId.In(body)) : default;
        // A span that names itself as its parent is a root.
        if (parent == spanId) parent = default;
        var duration = span.EndNanos > span.StartNanos ? (span.EndNanos - span.StartNanos) / 1000 : 0;
        identity = new Identity(traceId, spanId, parent, start, duration);
        return true;
    }

    /// <summary>Bytes alone do not bound the memory of a request: a row is much larger than the smallest span.</summary>
    private bool HasRoom(MapContext context, RowBatch output) =>
        output.RowCount < context.Limits.MaxItems || Refuse(IngestReason.TooManyItems);

    private bool Refuse(IngestReason reason)
    {
        tally.Count(reason);
        return false;
    }

    /// <summary>A call tells usage, or names an operation that is one; wrappers without usage are only places in the trace.</summary>
    private bool IsCall(ReadOnlySpan<byte> body, Operation operation, in UsageCounts counts)
    {
        if (operation.Kind == OperationKind.Free) return false;
        // A model is called by POST: a GET reads again what was billed before.
        if (attributes.Has(Field.HttpMethod) && attributes.Text(body, Field.HttpMethod).SequenceEqual("GET"u8)) return false;
        if (UsageCounts.Told(counts.Input) || UsageCounts.Told(counts.Output) || UsageCounts.Told(counts.Total)) return true;
        if (operation.Kind != OperationKind.None) return operation.Kind == OperationKind.Call;
        // Older instrumentations name no operation; a provider and a requested model make a call.
        return operation.Name.Length == 0 && !attributes.Text(body, Field.Provider).IsEmpty && !attributes.Text(body, Field.RequestModel).IsEmpty;
    }

    /// <summary>A threshold that cannot be read, or that says more than one span may stand for, says nothing: the call stands for itself, and the remark is counted.</summary>
    private double ReadSamplingWeight(ReadOnlySpan<byte> body, in SpanFields span, MappingLimits limits)
    {
        if (span.TraceState.Length == 0) return SamplingWeight.Exact;
        var threshold = SamplingWeight.FindThreshold(span.TraceState.In(body));
        if (threshold.IsEmpty) return SamplingWeight.Exact;
        if (SamplingWeight.OfThreshold(threshold) is { } weight && weight <= limits.MaxSamplingWeight) return weight;
        tally.Count(IngestReason.SamplingIgnored);
        return SamplingWeight.Exact;
    }

    private void ReadTags(ReadOnlySpan<byte> body, in SpanFields span, MapContext context, ref TagSet tags)
    {
        TagRules.Read(body, attributes, TagLevel.Span, texts, context.Limits, ref tags);
        if (span.Kind == (ulong)SpanKind.Server)
        {
            var route = attributes.Text(body, Field.HttpRoute);
            var endpoint = texts.Name(route.IsEmpty ? span.Name.In(body) : route);
            if (endpoint.Length != 0) tags.Set(Tag.Endpoint, endpoint, TagLevel.Span);
        }

        // Last, over whatever the span says.
        context.KeyTags.BindTo(ref tags);
    }

    private void ReadOutcomes(
        ReadOnlySpan<byte> body, Slice window, in SpanFields span, in Identity identity, OutcomePlan plan, in ResourceContext resource, MapContext context, RowBatch output)
    {
        var tags = resource.Tags;
        ReadTags(body, span, context, ref tags);
        var latest = context.NowUnixMicros + context.Limits.MaxStartAheadMinutes * MicrosPerMinute;
        var end = identity.DurationMicros > (ulong)(latest - identity.StartUnixMicros) ? identity.StartUnixMicros : identity.StartUnixMicros + (long)identity.DurationMicros;
        var teller = new OutcomeReader.Teller(context.Tenant, context.Project, identity.TraceId, identity.SpanId, identity.StartUnixMicros, end, latest, tags);
        _outcomes.Read(body, window, plan, teller, context.Limits, output);
    }

    private bool IsFailed(ReadOnlySpan<byte> body, in SpanFields span) =>
        span.HasError || attributes.Has(Field.ErrorType) || (attributes.TryGetLong(body, Field.HttpStatus, out var status) && status >= 400);

    private void ReadOutcome(ReadOnlySpan<byte> body, in SpanFields span, CallReport report)
    {
        if (!IsFailed(body, span)) return;
        report.Status = CallStatus.Failed;
        report.ErrorType = texts.Name(attributes.Text(body, Field.ErrorType));
        if (report.ErrorType.Length == 0) report.ErrorType = texts.Name(span.ExceptionType(body));
        if (report.ErrorType.Length != 0) return;
        report.ErrorType = attributes.TryGetLong(body, Field.HttpStatus, out var status) && status is >= 400 and < 1000
            ? texts.Name(System.Text.Encoding.ASCII.GetBytes(status.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            : "_OTHER";
    }

    private void AddLink(ReadOnlySpan<byte> body, in SpanFields span, in Identity identity, in ResourceContext resource, MapContext context, RowBatch output)
    {
        var link = output.AddLink();
        link.Tenant = context.Tenant;
        link.Project = context.Project;
        link.TraceId = identity.TraceId;
        link.SpanId = identity.SpanId;
        link.ParentSpanId = identity.ParentSpanId;
        link.StartUnixMicros = identity.StartUnixMicros;
        link.DurationMicros = identity.DurationMicros;
        link.Kind = span.Kind <= (ulong)SpanKind.Consumer ? (SpanKind)span.Kind : SpanKind.Unspecified;
        link.Failed = IsFailed(body, span);
        link.Name = texts.Name(span.Name.In(body));
        link.Service = resource.Service;
        link.Tags = default;
        ReadTags(body, span, context, ref link.Tags);
    }

    private void AddVectorOperation(
        ReadOnlySpan<byte> body, in SpanFields span, in Identity identity, string system, in ResourceContext resource, MapContext context, RowBatch output)
    {
        var row = output.AddVectorOperation();
        row.Tenant = context.Tenant;
        row.Project = context.Project;
        row.TraceId = identity.TraceId;
        row.SpanId = identity.SpanId;
        row.ParentSpanId = identity.ParentSpanId;
        row.StartUnixMicros = identity.StartUnixMicros;
        row.DurationMicros = identity.DurationMicros;
        row.Scope = resource.Scope;
        row.Failed = IsFailed(body, span);
        row.Tags = resource.Tags;
        ReadTags(body, span, context, ref row.Tags);
        VectorSystems.Read(body, attributes, span.Name.In(body), system, texts, row);
    }

    private void Quarantine(
        ReadOnlySpan<byte> body, in SpanFields span, in Identity identity, in ResourceContext resource, MapContext context, RowBatch output, string wrong, long value)
    {
        var negative = value < 0;
        tally.Count(negative ? IngestReason.QuarantinedNegative : IngestReason.QuarantinedHuge);
        var row = output.AddQuarantined();
        row.Tenant = context.Tenant;
        row.Project = context.Project;
        row.TraceId = identity.TraceId;
        row.SpanId = identity.SpanId;
        row.StartUnixMicros = identity.StartUnixMicros;
        row.Scope = resource.Scope;
        row.Service = resource.Service;
        var model = attributes.Text(body, Field.ResponseModel);
        if (model.IsEmpty) model = attributes.Text(body, Field.AskedModel);
        if (model.IsEmpty) model = attributes.Text(body, Field.RequestModel);
        if (model.IsEmpty) model = attributes.Text(body, Field.ModelEither);
        row.Model = texts.Name(model);
        row.Reason = (negative ? IngestReason.QuarantinedNegative : IngestReason.QuarantinedHuge).Name();
        row.Detail = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{wrong} = {value}");
        // Its children still inherit through it.
        AddLink(body, span, identity, resource, context, output);
    }
}
