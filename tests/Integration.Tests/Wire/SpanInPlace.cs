using FinOps.Ingest.Tests.Otlp.Protos;

namespace FinOps.Integration.Tests.Wire;

/// <summary>A span with the resource and the scope that it was sent under, so that it can travel alone.</summary>
internal sealed record SpanInPlace(Resource? Resource, InstrumentationScope? Scope, Span Span)
{
    public static IEnumerable<SpanInPlace> Of(ExportTraceServiceRequest request) =>
        from resource in request.ResourceSpans
        from scope in resource.ScopeSpans
        from span in scope.Spans
        select new SpanInPlace(resource.Resource, scope.Scope, span);

    public static ExportTraceServiceRequest Together(IEnumerable<SpanInPlace> spans)
    {
        var request = new ExportTraceServiceRequest();
        foreach (var span in spans)
        {
            var scope = new ScopeSpans { Scope = span.Scope?.Clone() };
            scope.Spans.Add(span.Span.Clone());
            var resource = new ResourceSpans { Resource = span.Resource?.Clone() };
            resource.ScopeSpans.Add(scope);
            request.ResourceSpans.Add(resource);
        }

        return request;
    }
}
