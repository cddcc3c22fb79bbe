using FinOps.Analytics.Stores.ClickHouse.Native;

namespace FinOps.Ingest.Pipeline;

/// <summary>The rows of many requests, one block for each table, and the one promise that all those requests wait for.</summary>
internal sealed class RowGroup
{
    private readonly LinkBlock _links = new();
    private readonly VectorOperationBlock _vectorOperations = new();
    private readonly SampleBlock _samples = new();
    private readonly QuarantineBlock _quarantined = new();
    private readonly CallSampleBlock _callSamples = new();
    private readonly OutcomeBlock _outcomes = new();
    private readonly CallBlock _calls = new();

    public RowGroup() => Blocks = [_links, _vectorOperations, _samples, _quarantined, _callSamples, _outcomes, _calls];

    /// <summary>In the order in which they are stored: calls last, so that whoever sees a call finds its relatives.</summary>
    public IReadOnlyList<NativeBlock> Blocks { get; }

    public TaskCompletionSource<WriteOutcome> Completion { get; private set; } = NewCompletion();

    public long FirstRowAt { get; private set; }

    public int Rows { get; private set; }

    public long Bytes { get; private set; }

    public void Append(RowBatch batch, long now)
    {
        if (Rows == 0) FirstRowAt = now;
        foreach (var row in batch.Links) _links.Append(row);
        foreach (var row in batch.VectorOperations) _vectorOperations.Append(row);
        foreach (var row in batch.Samples) _samples.Append(row);
        foreach (var row in batch.Quarantined) _quarantined.Append(row);
        foreach (var row in batch.CallSamples) _callSamples.Append(row);
        foreach (var row in batch.Outcomes) _outcomes.Append(row);
        foreach (var row in batch.Calls) _calls.Append(row);
        Rows += batch.RowCount;
        long bytes = 0;
        foreach (var block in Blocks) bytes += block.Bytes;
        Bytes = bytes;
    }

    /// <summary>Empties the group for the next requests.</summary>
    public void Reset()
    {
        foreach (var block in Blocks) block.Clear();
        StartOver();
    }

    /// <summary>Empties the group and gives its memory back.</summary>
    public void Release()
    {
        foreach (var block in Blocks) block.Release();
        StartOver();
    }

    private void StartOver()
    {
        Rows = 0;
        Bytes = 0;
        Completion = NewCompletion();
    }

    // Asynchronous continuations: hundreds of requests must not be answered one after another on the insert stream.
    private static TaskCompletionSource<WriteOutcome> NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
