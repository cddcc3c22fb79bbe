namespace FinOps.Ingest.Otlp;

/// <summary>Limits of the front door. Section <c>FinOps:Ingest</c>, for example <c>FinOps__Ingest__MaxBodyBytes</c>.</summary>
public sealed class OtlpOptions
{
    public const string Section = "FinOps:Ingest";

    /// <summary>Largest body, as sent and after decompression. Default 64 MiB. Over it: 413 or RESOURCE_EXHAUSTED.</summary>
    public int MaxBodyBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Requests in work at once. Default 1,024. Over it: 503 or UNAVAILABLE with a delay.</summary>
    public int MaxConcurrentRequests { get; set; } = 1024;

    /// <summary>Bytes of bodies held at once by all requests. Default 256 MiB. Over it: 503 or UNAVAILABLE with a delay.</summary>
    public long MaxBufferedBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Seconds in which a whole body must have arrived. Default 30. Over it: 503 or DEADLINE_EXCEEDED, both retryable.</summary>
    public int BodyTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds that a client is asked to wait after a retryable refusal. Default 2.</summary>
    public int RetryAfterSeconds { get; set; } = 2;

    /// <summary>
    /// Levels of an OTLP/JSON body that are read, where one list in a value takes three and one key-value list four. Default 256: deeper than any
    /// attribute may be, so that the limit on nested values decides. What lies deeper is skipped and counted as nested_too_deep.
    /// </summary>
    public int MaxJsonDepth { get; set; } = 256;
}
