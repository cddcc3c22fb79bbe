using System.Buffers;
using FinOps.Analytics.Stores.ClickHouse;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FinOps.Ingest.Pipeline.Spooling;

/// <summary>Brings spooled blocks to ClickHouse, oldest first, with growing pauses while it is away; also finds out when it is back.</summary>
internal sealed class SpoolDrain(
    Spool spool, ClickHouseStore store, ClickHouseReach reach, PipelineOptions options, TimeProvider time, ILogger logger)
{
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private long _rowsDrained;
    private string? _path;
    private long _offset;

    public long RowsDrained => Interlocked.Read(ref _rowsDrained);

    public void Start() => _running = Task.Run(RunAsync, CancellationToken.None);

    /// <summary>There is something to do.</summary>
    public void Wake()
    {
        lock (_wake)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    private async Task RunAsync()
    {
        var pause = TimeSpan.Zero;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (pause > TimeSpan.Zero) await Task.Delay(pause, time, _stop.Token);
                var progressed = await StepAsync(_stop.Token);
                pause = progressed ? TimeSpan.Zero : Longer(pause);
                if (progressed && !reach.IsAway && spool.State.Blocks == 0) await _wake.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The boundary of the loop: it must outlive a broken file or disk.
                Log.DrainFailed(logger, e);
                pause = Longer(pause);
            }
        }
    }

    /// <summary>One file, or one look whether ClickHouse is back. False: try again later.</summary>
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        // First a light question: while ClickHouse is away the file that is being written stays open, instead of one file for each try.
        if (reach.IsAway && await store.FindProblemAsync(cancellationToken) is not null) return false;
        if (await spool.SealOldestAsync() is { } path) return await DrainAsync(path, cancellationToken);
        Back();
        return true;
    }

    private async Task<bool> DrainAsync(string path, CancellationToken cancellationToken)
    {
        using (var file = File.OpenHandle(path))
        {
            var length = RandomAccess.GetLength(file);
            if (_path != path) (_path, _offset) = (path, 0);
            while (_offset < length)
            {
                if (SpoolFormat.ReadHeader(file, _offset, length) is not { } record)
                {
                    // Whole when the file was opened or written, unreadable now: the disk is failing. Nothing after it can be found.
                    var target = await spool.RejectAsync(path, _offset, length, cancellationToken);
                    Log.Damaged(logger, target, length - _offset);
                    break;
                }

                if (!await DrainAsync(path, file, record, cancellationToken)) return false;
                _offset = record.End;
            }
        }

        spool.Remove(path);
        _path = null;
        if (spool.State.Blocks == 0) Log.Drained(logger);
        return true;
    }

    /// <summary>Sends one block until it is stored or set aside; false when ClickHouse is away.</summary>
    private async Task<bool> DrainAsync(string path, SafeFileHandle file, SpoolRecord record, CancellationToken cancellationToken)
    {
        var body = ArrayPool<byte>.Shared.Rent(record.BodyBytes);
        try
        {
            if (!SpoolFormat.TryReadBody(file, record, body.AsSpan(0, record.BodyBytes)))
            {
                await SetAsideAsync(path, record, new InsertResult(InsertOutcome.Rejected, Message: "The checksum does not match."), cancellationToken);
                return true;
            }

            ReadOnlyMemory<byte>[] pieces = [body.AsMemory(0, record.BodyBytes)];
            var pause = TimeSpan.Zero;
            for (var attempt = 1; ; attempt++)
            {
                var result = await store.InsertNativeAsync(record.Table, record.Columns, pieces, cancellationToken);
                switch (result.Outcome)
                {
                    case InsertOutcome.Stored:
                        Interlocked.Add(ref _rowsDrained, record.Rows);
                        Back();
                        return true;
                    case InsertOutcome.Away:
                        if (reach.Lost(result.Message ?? "No answer.")) Log.ClickHouseAway(logger, result.Message ?? "");
                        return false;
                    case InsertOutcome.Failed when attempt < options.MaxBlockAttempts:
                        pause = Longer(pause);
                        await Task.Delay(pause, time, cancellationToken);
                        break;
                    default:
                        await SetAsideAsync(path, record, result, cancellationToken);
                        Back();
                        return true;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    private async Task SetAsideAsync(string path, SpoolRecord record, InsertResult result, CancellationToken cancellationToken)
    {
        var target = await spool.RejectAsync(path, record.Offset, record.End, cancellationToken);
        Log.BlockRejected(logger, record.Table, record.Rows, result.ErrorCode, result.Message ?? "", target);
    }

    private void Back()
    {
        if (reach.Found()) Log.ClickHouseBack(logger);
    }

    private TimeSpan Longer(TimeSpan pause) => TimeSpan.FromMilliseconds(Math.Clamp(
        pause.TotalMilliseconds * 2, options.RetryMilliseconds, options.MaxRetryMilliseconds));
}
