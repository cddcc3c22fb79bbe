namespace FinOps.Ingest.Pipeline;

/// <summary>The spool at one moment, for <i>Ingest health</i>.</summary>
/// <param name="Bytes">On disk, waiting for ClickHouse.</param>
/// <param name="Blocks">Blocks that wait.</param>
/// <param name="Rows">Rows that wait.</param>
/// <param name="Oldest">When the oldest waiting block was written; null when none waits.</param>
/// <param name="RejectedBlocks">Blocks that ClickHouse refused for good; they lie in <c>rejected</c> until someone looks at them.</param>
/// <param name="RejectedBytes">Their bytes; they count towards the limit.</param>
/// <param name="MaxBytes">The limit.</param>
public sealed record SpoolState(
    long Bytes, long Blocks, long Rows, DateTimeOffset? Oldest, long RejectedBlocks, long RejectedBytes, long MaxBytes);

/// <summary>The write path at one moment, for <i>Ingest health</i>. Counters run since the start of the process.</summary>
/// <param name="ClickHouseAway">Writes go to the spool, and reads will fail.</param>
/// <param name="Problem">What ClickHouse or the network said last; null when all is well.</param>
/// <param name="BufferedRows">Rows in memory that wait for their block to be sent.</param>
/// <param name="RowsStored">Rows inserted directly.</param>
/// <param name="RowsSpooled">Rows acknowledged from disk.</param>
/// <param name="RowsDrained">Spooled rows that have reached ClickHouse.</param>
/// <param name="RequestsRefused">Requests refused because buffers or spool were full.</param>
public sealed record PipelineState(
    bool ClickHouseAway, string? Problem, long BufferedRows, long RowsStored, long RowsSpooled, long RowsDrained, long RequestsRefused, SpoolState Spool);
