namespace FinOps.Ingest.Health;

public enum IngestTransport : byte
{
    Grpc,
    HttpProtobuf,
    HttpJson,
}

public enum IngestSignal : byte
{
    Traces,
    Metrics,
    Logs,
}

public static class IngestLabels
{
    public static string Name(this IngestTransport transport) => transport switch
    {
        IngestTransport.Grpc => "grpc",
        IngestTransport.HttpProtobuf => "http_protobuf",
        _ => "http_json",
    };

    public static string Name(this IngestSignal signal) => signal switch
    {
        IngestSignal.Traces => "traces",
        IngestSignal.Metrics => "metrics",
        _ => "logs",
    };
}
