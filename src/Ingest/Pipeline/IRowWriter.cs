namespace FinOps.Ingest.Pipeline;

/// <summary>Where the rows of one request ended up.</summary>
public enum WriteOutcome
{
    /// <summary>In ClickHouse.</summary>
    Stored,
    /// <summary>On disk, fsynced; ClickHouse gets them when it is back.</summary>
    Spooled,
    /// <summary>Nowhere: buffers or spool are full. Refuse the request so that the sender tries again.</summary>
    Full,
}

/// <summary>Step 6 of the path of a call: durable writes.</summary>
public interface IRowWriter
{
    /// <summary>
    /// Completes only when all rows of the batch are in ClickHouse or fsynced in the spool. The writer takes the batch over: a pooled one
    /// goes back to its pool as soon as its rows are copied, long before they are acknowledged. Cancelling stops the waiting; rows that were taken over are still written, and a repetition collapses by key.
    /// </summary>
    ValueTask<WriteOutcome> WriteAsync(RowBatch batch, CancellationToken cancellationToken);
}
