using FinOps.Ingest.Health;
using Microsoft.AspNetCore.Http;

namespace FinOps.Ingest.Otlp;

/// <summary>
/// Tells OTLP requests from all others, before anything else looks at them. On the OTLP ports everything but the health checks is a wrong address; on
/// the main port OTLP/HTTP is served too, and the rest passes by.
/// </summary>
internal sealed class OtlpDoor(HttpTransport http, GrpcTransport grpc)
{
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var path = request.Path.Value ?? "";
        var isOtlpPort = context.Features.Get<OtlpConnection>() is not null;
        if (GrpcTransport.IsGrpc(request))
        {
            var method = SignalOfMethod(path);
            if (method is not null || isOtlpPort) return grpc.HandleAsync(context, method);
        }

        if (SignalOfPath(path) is { } signal)
        {
            if (HttpMethods.IsPost(request.Method)) return http.HandleAsync(context, signal);
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = HttpMethods.Post;
            return Task.CompletedTask;
        }

        if (!isOtlpPort || path is "/healthz" or "/readyz") return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("OTLP is taken here: POST /v1/traces, /v1/metrics or /v1/logs.\n", context.RequestAborted);
    }

    private static IngestSignal? SignalOfPath(string path) => path switch
    {
        "/v1/traces" or "/api/public/otel/v1/traces" => IngestSignal.Traces,
        "/v1/metrics" or "/api/public/otel/v1/metrics" => IngestSignal.Metrics,
        "/v1/logs" or "/api/public/otel/v1/logs" => IngestSignal.Logs,
        _ => null,
    };

    private static IngestSignal? SignalOfMethod(string path) => path switch
    {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => IngestSignal.Traces,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => IngestSignal.Metrics,
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => IngestSignal.Logs,
        _ => null,
    };
}
