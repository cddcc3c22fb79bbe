namespace FinOps.Ingest.Health;

/// <summary>The counters behind <i>Ingest health</i>. Section <c>FinOps:Ingest:Health</c>.</summary>
public sealed class IngestEventsOptions
{
    public const string Section = "FinOps:Ingest:Health";

    /// <summary>Seconds between writes to <c>ingest_events</c>. Default 5.</summary>
    public int FlushSeconds { get; set; } = 5;

    /// <summary>Rows (tenant, minute, transport, signal, reason) kept while ClickHouse is away. Default 20,000. Beyond it they are lost, and that is counted.</summary>
    public int MaxPendingRows { get; set; } = 20_000;

    /// <summary>Seconds that the last write at stop may take. Default 5.</summary>
    public int StopSeconds { get; set; } = 5;
}
