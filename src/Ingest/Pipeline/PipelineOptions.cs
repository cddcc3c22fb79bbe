namespace FinOps.Ingest.Pipeline;

/// <summary>How rows of many requests become blocks, and where they wait while ClickHouse is away. Section <c>FinOps:Ingest:Pipeline</c>.</summary>
public sealed class PipelineOptions
{
    public const string Section = "FinOps:Ingest:Pipeline";

    /// <summary>Inserts that run at once. Default 2: measured, one leaves ClickHouse waiting for us, a third gains nothing.</summary>
    public int InsertStreams { get; set; } = 2;

    /// <summary>Rows at which a block is sent without waiting for more. Default 100,000: smaller blocks cost ClickHouse more for each row.</summary>
    public int TargetRows { get; set; } = 100_000;

    /// <summary>Bytes of encoded rows in memory, over all blocks that fill or are under way. Default 64 MiB. One request may exceed it by its own size.</summary>
    public long BufferBytes { get; set; } = 64L << 20;

    /// <summary>Longest wait, in milliseconds, of a row for others to share its block. Default 150.</summary>
    public int LingerMilliseconds { get; set; } = 150;

    /// <summary>Wait, in milliseconds, of a row when nothing else is going on. Default 3: a lone request is acknowledged at once.</summary>
    public int IdleLingerMilliseconds { get; set; } = 3;

    /// <summary>Blocks that may be sent early, one after another, before the full wait applies. Default 20.</summary>
    public int EarlyBlocks { get; set; } = 20;

    /// <summary>Early blocks regained each second. Default 10: many small blocks make many parts, which ClickHouse must merge.</summary>
    public int EarlyBlocksPerSecond { get; set; } = 10;

    /// <summary>Longest wait, in milliseconds, for room in the buffers before a request is refused as retryable. Default 2,000.</summary>
    public int FullWaitMilliseconds { get; set; } = 2_000;

    /// <summary>Seconds without any row after which buffers go back to the system. Default 10.</summary>
    public int IdleReleaseSeconds { get; set; } = 10;

    /// <summary>The spool's folder. It belongs to one process. Set by the server to <c>DATA/spool</c>.</summary>
    public string SpoolDirectory { get; set; } = "";

    /// <summary>Bytes on disk, blocks that ClickHouse rejected included. Default 1 GiB. Beyond it requests are refused as retryable.</summary>
    public long SpoolMaxBytes { get; set; } = 1L << 30;

    /// <summary>Bytes after which a spool file is closed and the next begun; a crash replays at most one that was drained in part. Default 64 MiB.</summary>
    public long SpoolSegmentBytes { get; set; } = 64L << 20;

    /// <summary>First pause, in milliseconds, before ClickHouse is tried again; it doubles. Default 200.</summary>
    public int RetryMilliseconds { get; set; } = 200;

    /// <summary>Longest pause, in milliseconds, before ClickHouse is tried again. Default 5,000.</summary>
    public int MaxRetryMilliseconds { get; set; } = 5_000;

    /// <summary>Times that a block is refused with an error that is not known to pass before it is set aside as rejected. Default 20.</summary>
    public int MaxBlockAttempts { get; set; } = 20;

    /// <summary>Bytes of one block: the buffers are shared by the block that fills and those under way.</summary>
    internal long BlockBytes => BufferBytes / (InsertStreams + 1);

    internal IEnumerable<string> Problems()
    {
        if (InsertStreams is < 1 or > 16) yield return $"{Section}:{nameof(InsertStreams)} must be 1 to 16.";
        if (TargetRows < 1) yield return $"{Section}:{nameof(TargetRows)} must be at least 1.";
        if (BufferBytes < 1 << 20) yield return $"{Section}:{nameof(BufferBytes)} must be at least 1 MiB.";
        if (LingerMilliseconds is < 0 or > 5_000) yield return $"{Section}:{nameof(LingerMilliseconds)} must be 0 to 5000.";
        if (IdleLingerMilliseconds < 0 || IdleLingerMilliseconds > LingerMilliseconds)
            yield return $"{Section}:{nameof(IdleLingerMilliseconds)} must be 0 to {nameof(LingerMilliseconds)}.";
        if (EarlyBlocks < 0) yield return $"{Section}:{nameof(EarlyBlocks)} must not be negative.";
        if (EarlyBlocksPerSecond < 0) yield return $"{Section}:{nameof(EarlyBlocksPerSecond)} must not be negative.";
        if (FullWaitMilliseconds < 0) yield return $"{Section}:{nameof(FullWaitMilliseconds)} must not be negative.";
        if (IdleReleaseSeconds < 1) yield return $"{Section}:{nameof(IdleReleaseSeconds)} must be at least 1.";
        if (SpoolDirectory.Length == 0) yield return $"{Section}:{nameof(SpoolDirectory)} is not set.";
        if (SpoolSegmentBytes < 4_096) yield return $"{Section}:{nameof(SpoolSegmentBytes)} must be at least 4096.";
        if (SpoolMaxBytes < 4_096) yield return $"{Section}:{nameof(SpoolMaxBytes)} must be at least 4096.";
        if (RetryMilliseconds < 1) yield return $"{Section}:{nameof(RetryMilliseconds)} must be at least 1.";
        if (MaxRetryMilliseconds < RetryMilliseconds) yield return $"{Section}:{nameof(MaxRetryMilliseconds)} must not be below {nameof(RetryMilliseconds)}.";
        if (MaxBlockAttempts < 1) yield return $"{Section}:{nameof(MaxBlockAttempts)} must be at least 1.";
    }
}
