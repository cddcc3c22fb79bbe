using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Quotas;
using FinOps.Ingest.Pipeline.Spooling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Pipeline;

/// <summary>
/// Groups the rows of many requests into one block per table, keeps a few inserts under way, and answers each request when its block is in ClickHouse or,
/// while ClickHouse is away, fsynced in the spool. Memory is bounded: beyond <see cref="PipelineOptions.BufferBytes"/> requests wait, the tenants in turn, then are refused.
/// </summary>
public sealed class BatchingRowWriter : IRowWriter, IHostedService, IAsyncDisposable
{
    private readonly PipelineOptions _options;
    private readonly ClickHouseStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<BatchingRowWriter> _logger;
    private readonly ClickHouseReach _reach = new();
    private readonly Spool _spool;
    private readonly SpoolDrain _drain;

    private readonly Lock _gate = new();
    private readonly BlockPace _pace;
    private readonly Stack<RowGroup> _spare = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private RowGroup _filling = new();
    private readonly FairQueue<Waiter> _waiting = new();
    private int _underWay;
    private bool _stopping;
    private Task[] _streams = [];
    private long _rowsStored, _rowsSpooled, _requestsRefused;

    public BatchingRowWriter(IOptions<PipelineOptions> options, ClickHouseStore store, TimeProvider time, ILogger<BatchingRowWriter> logger)
    {
        _options = options.Value;
        var problems = _options.Problems().ToList();
        if (problems.Count > 0) throw new OptionsValidationException(PipelineOptions.Section, typeof(PipelineOptions), problems);
        _store = store;
        _time = time;
        _logger = logger;
        _pace = new BlockPace(_options, time);
        _spool = new Spool(_options, time, logger);
        _drain = new SpoolDrain(_spool, store, _reach, _options, time, logger);
    }

    public PipelineState State
    {
        get
        {
            int buffered;
            lock (_gate) buffered = _filling.Rows;
            return new PipelineState(
                _reach.IsAway, _reach.Problem, buffered, Interlocked.Read(ref _rowsStored), Interlocked.Read(ref _rowsSpooled),
                _drain.RowsDrained, Interlocked.Read(ref _requestsRefused), _spool.State);
        }
    }

    public async ValueTask<WriteOutcome> WriteAsync(RowBatch batch, CancellationToken cancellationToken)
    {
        if (batch.IsEmpty) return WriteOutcome.Stored;
        var answer = TryAppend(batch, out var waiter) ?? (waiter is null ? null : await WaitAsync(waiter, cancellationToken));
        // Hundreds of requests wait for one insert; their row objects must not wait with them.
        batch.GiveBack();
        var outcome = answer is null ? WriteOutcome.Full : await answer.WaitAsync(cancellationToken);
        if (outcome == WriteOutcome.Full) Interlocked.Increment(ref _requestsRefused);
        return outcome;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _spool.OpenAsync(cancellationToken);
        _streams = [.. Enumerable.Range(0, _options.InsertStreams).Select(_ => Task.Run(RunStreamAsync, CancellationToken.None))];
        _drain.Start();
    }

    /// <summary>Writes what is still in memory, then ends. Requests that come now are refused as retryable.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stopping = true;
            LetIn_NeedsLock();
            Wake_NeedsLock();
        }

        await Task.WhenAll(_streams).WaitAsync(cancellationToken);
        await _drain.StopAsync(cancellationToken);
        _spool.Close();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopping) await StopAsync(CancellationToken.None);
        _spool.Dispose();
        _stop.Dispose();
        _turn.Dispose();
        _wake.Dispose();
    }

    /// <summary>The promise of the group that took the rows; null with a waiter when there is no room yet, without one when we are stopping.</summary>
    private Task<WriteOutcome>? TryAppend(RowBatch batch, out LinkedListNode<Waiter>? waiter)
    {
        waiter = null;
        lock (_gate)
        {
            if (_stopping) return null;
            // Who waits already comes first, or a tenant that keeps coming would overtake one that waits for its turn.
            if (_waiting.Count == 0 && _filling.Bytes < _options.BlockBytes) return Append_NeedsLock(batch);
            waiter = _waiting.Enqueue(batch.Tenant, new Waiter(batch));
            return null;
        }
    }

    /// <summary>Waits for the tenant's turn; null when it does not come in time, or we are stopping.</summary>
    private async Task<Task<WriteOutcome>?> WaitAsync(LinkedListNode<Waiter> place, CancellationToken cancellationToken)
    {
        var waiter = place.Value;
        try
        {
            return await waiter.Turn.Task.WaitAsync(TimeSpan.FromMilliseconds(_options.FullWaitMilliseconds), cancellationToken);
        }
        catch (Exception given) when (given is TimeoutException or OperationCanceledException)
        {
            bool gone;
            lock (_gate) gone = _waiting.Remove(waiter.Batch.Tenant, place);
            // The turn may have come in the same moment: then the rows are taken over, and their promise holds.
            if (!gone) return await waiter.Turn.Task;
            if (given is TimeoutException) return null;
            throw;
        }
    }

    private Task<WriteOutcome> Append_NeedsLock(RowBatch batch)
    {
        var wasEmpty = _filling.Rows == 0;
        var answer = _filling.Completion.Task;
        try
        {
            _filling.Append(batch, _time.GetTimestamp());
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            // Some columns may have got a row that others lack, so nothing of this group can be sent. All its requests are asked to try again.
            Log.GroupAbandoned(_logger, e, _filling.Rows);
            _filling.Completion.TrySetResult(WriteOutcome.Full);
            _filling.Release();
            return answer;
        }

        if (wasEmpty || _filling.Rows >= _options.TargetRows || _filling.Bytes >= _options.BlockBytes) Wake_NeedsLock();
        return answer;
    }

    /// <summary>Fills the empty group from those that wait, the tenants in turn: a tenant's next rows are behind at most one batch of each other tenant.</summary>
    private void LetIn_NeedsLock()
    {
        while (_filling.Bytes < _options.BlockBytes && _waiting.TryDequeue(_ => true, out _, out var waiter))
            waiter!.Turn.SetResult(_stopping ? null : Append_NeedsLock(waiter.Batch));
    }

    private async Task RunStreamAsync()
    {
        while (await TakeAsync() is { } group)
        {
            var outcome = WriteOutcome.Full;
            try
            {
                outcome = await StoreAsync(group);
            }
            catch (Exception e)
            {
                // The boundary of the stream: its requests are refused as retryable, the stream itself must live on.
                Log.StreamFailed(_logger, e, group.Rows);
            }

            group.Completion.TrySetResult(outcome);
            group.Reset();
            lock (_gate)
            {
                _underWay--;
                _spare.Push(group);
                Wake_NeedsLock();
            }
        }
    }

    /// <summary>Waits until the filling group is due and replaces it by an empty one; null when we are stopping and nothing is left.</summary>
    private async Task<RowGroup?> TakeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            while (true)
            {
                TimeSpan wait;
                lock (_gate)
                {
                    if (_filling.Rows == 0)
                    {
                        if (_stopping)
                        {
                            Wake_NeedsLock();
                            return null;
                        }

                        wait = TimeSpan.FromSeconds(_options.IdleReleaseSeconds);
                    }
                    else
                    {
                        wait = _stopping ? TimeSpan.Zero : _pace.Wait(_filling.Rows, _filling.Bytes, _filling.FirstRowAt, _underWay);
                        if (wait <= TimeSpan.Zero) return Take_NeedsLock();
                    }
                }

                if (!await _wake.WaitAsync(wait)) ReleaseIfIdle();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private RowGroup Take_NeedsLock()
    {
        var taken = _filling;
        _pace.Taken(taken.Rows, taken.FirstRowAt);
        _filling = _spare.TryPop(out var spare) ? spare : new RowGroup();
        _underWay++;
        LetIn_NeedsLock();
        return taken;
    }

    private async Task<WriteOutcome> StoreAsync(RowGroup group)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        var stored = 0;
        for (; stored < group.Blocks.Count && !_reach.IsAway; stored++)
        {
            var block = group.Blocks[stored];
            if (block.Rows == 0) continue;
            pieces.Clear();
            block.AddPieces(pieces);
            var result = await _store.InsertNativeAsync(block.Table, block.ColumnList, pieces, _stop.Token);
            if (result.IsStored)
            {
                Interlocked.Add(ref _rowsStored, block.Rows);
                continue;
            }

            Log.InsertFailed(_logger, block.Table, block.Rows, result.Outcome, result.ErrorCode, result.Message ?? "");
            if (result.Outcome == InsertOutcome.Away && _reach.Lost(result.Message ?? "No answer.")) Log.ClickHouseAway(_logger, result.Message ?? "");
            break;
        }

        var unsent = group.Blocks.Skip(stored).Where(block => block.Rows > 0).ToList();
        if (unsent.Count == 0) return WriteOutcome.Stored;
        if (!await _spool.AppendAsync(unsent))
        {
            _drain.Wake();
            return WriteOutcome.Full;
        }

        foreach (var block in unsent) Interlocked.Add(ref _rowsSpooled, block.Rows);
        _drain.Wake();
        return WriteOutcome.Spooled;
    }

    /// <summary>After a quiet while the grown buffers go back: a flood must not leave its memory behind.</summary>
    private void ReleaseIfIdle()
    {
        lock (_gate)
        {
            if (_filling.Rows > 0) return;
            _filling.Release();
            _spare.Clear();
        }
    }

    private void Wake_NeedsLock()
    {
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    /// <summary>Rows that wait for room, and their turn: the promise of the group that took them, or null when we are stopping.</summary>
    private sealed class Waiter(RowBatch batch)
    {
        public RowBatch Batch => batch;

        public TaskCompletionSource<Task<WriteOutcome>?> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
