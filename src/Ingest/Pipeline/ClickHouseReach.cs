namespace FinOps.Ingest.Pipeline;

/// <summary>Whether inserts reach ClickHouse, as the last attempts showed. While it is away, blocks go straight to the spool instead of waiting for a time-out each.</summary>
internal sealed class ClickHouseReach
{
    private volatile string? _problem;

    public bool IsAway => _problem is not null;

    public string? Problem => _problem;

    /// <summary>True when this is news.</summary>
    public bool Lost(string problem) => Interlocked.Exchange(ref _problem, problem) is null;

    /// <summary>True when this is news.</summary>
    public bool Found() => Interlocked.Exchange(ref _problem, null) is not null;
}
