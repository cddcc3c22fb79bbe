namespace FinOps.Ingest.Authentication;

/// <summary>How long keys are believed without asking PostgreSQL. Section <c>FinOps:Ingest:Keys</c>.</summary>
public sealed class KeyRingOptions
{
    public const string Section = "FinOps:Ingest:Keys";

    /// <summary>Seconds after which a key is looked up again, known or not: so long may a revoked key go on. Default 4, so that it ends within five.</summary>
    public int MaxAgeSeconds { get; set; } = 4;

    /// <summary>Minutes that a known key is believed while PostgreSQL is away. Default 10.</summary>
    public int GraceMinutes { get; set; } = 10;

    /// <summary>Keys remembered, known and unknown ones together. Default 20,000. Beyond it, unknown ones are forgotten first.</summary>
    public int MaxEntries { get; set; } = 20_000;

    /// <summary>Look-ups at once, so that a flood of made-up keys does not become a flood of queries. Default 8.</summary>
    public int MaxConcurrentLookups { get; set; } = 8;

    /// <summary>Seconds that one look-up may take, waiting for its turn included. Default 3.</summary>
    public int LookupTimeoutSeconds { get; set; } = 3;

    /// <summary>Seconds without further look-ups after one has failed. Default 1.</summary>
    public int RetrySeconds { get; set; } = 1;

    /// <summary>Seconds between writes of when keys were last used, all keys of the process in one. Default 60.</summary>
    public int LastUsedSeconds { get; set; } = 60;
}
