namespace FinOps.Ingest.Pipeline;

/// <summary>
/// Decides when the filling block is sent: at its target size; early when nothing else is under way and early blocks are left; else when its first row has
/// waited for the full linger. So a lone request is fast, a stream of small ones does not flood ClickHouse with parts, and at saturation blocks are big.
/// </summary>
internal sealed class BlockPace(PipelineOptions options, TimeProvider time)
{
    private double _early = options.EarlyBlocks;
    private long _refilled = time.GetTimestamp();

    /// <summary>How long the filling block should still wait; zero or less = send it.</summary>
    public TimeSpan Wait(int rows, long bytes, long firstRowAt, int underWay)
    {
        if (rows >= options.TargetRows || bytes >= options.BlockBytes) return TimeSpan.Zero;
        Refill();
        var linger = underWay == 0 && _early >= 1 ? options.IdleLingerMilliseconds : options.LingerMilliseconds;
        return TimeSpan.FromMilliseconds(linger) - time.GetElapsedTime(firstRowAt);
    }

    /// <summary>A block of so many rows, whose first row came then, was taken.</summary>
    public void Taken(int rows, long firstRowAt)
    {
        if (rows < options.TargetRows && time.GetElapsedTime(firstRowAt).TotalMilliseconds < options.LingerMilliseconds)
            _early = Math.Max(0, _early - 1);
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        _early = Math.Min(options.EarlyBlocks, _early + time.GetElapsedTime(_refilled, now).TotalSeconds * options.EarlyBlocksPerSecond);
        _refilled = now;
    }
}
