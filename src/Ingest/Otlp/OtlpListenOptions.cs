namespace FinOps.Ingest.Otlp;

/// <summary>Where OTLP is listened for, beside the main HTTP port. Port 0 takes a free one; null does not listen.</summary>
public sealed record OtlpListenOptions
{
    /// <summary>From <c>FINOPS_BIND</c>.</summary>
    public System.Net.IPAddress Bind { get; init; } = System.Net.IPAddress.Loopback;

    /// <summary>From <c>FINOPS_OTLP_GRPC_PORT</c>. HTTP/2 without TLS (prior knowledge), as every OTLP/gRPC exporter speaks it.</summary>
    public int? GrpcPort { get; init; } = 4317;

    /// <summary>From <c>FINOPS_OTLP_HTTP_PORT</c>.</summary>
    public int? HttpPort { get; init; } = 4318;
}
