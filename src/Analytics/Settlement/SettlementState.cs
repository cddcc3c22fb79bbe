namespace FinOps.Analytics.Settlement;

/// <summary>How settling does, for Ingest health. Written by the loop alone, read by anyone.</summary>
public sealed class SettlementState
{
    private long _tracesSettled;
    private long _rowsChanged;
    private long _tracesTooLarge;
    private long _rowsRefused;
    private long _failures;
    private long _lagMicros;
    private volatile bool _isLeader;

    /// <summary>True in the one process that settles.</summary>
    public bool IsLeader { get => _isLeader; internal set => _isLeader = value; }

    /// <summary>How far behind the newest arrival settling is.</summary>
    public TimeSpan Lag => TimeSpan.FromMicroseconds(Interlocked.Read(ref _lagMicros));

    public long TracesSettled => Interlocked.Read(ref _tracesSettled);

    public long RowsChanged => Interlocked.Read(ref _rowsChanged);

    /// <summary>Traces with more spans than <see cref="SettlementOptions.MaxSpansPerBatch"/>: left as they arrived.</summary>
    public long TracesTooLarge => Interlocked.Read(ref _tracesTooLarge);

    /// <summary>Settled rows that ClickHouse refused for good.</summary>
    public long RowsRefused => Interlocked.Read(ref _rowsRefused);

    /// <summary>Rounds that failed and were tried again.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    internal void Settled(int traces, int changed)
    {
        Interlocked.Add(ref _tracesSettled, traces);
        Interlocked.Add(ref _rowsChanged, changed);
    }

    internal void TooLarge() => Interlocked.Increment(ref _tracesTooLarge);

    internal void Refused(int rows) => Interlocked.Add(ref _rowsRefused, rows);

    internal void Failed() => Interlocked.Increment(ref _failures);

    internal void BehindBy(long micros) => Interlocked.Exchange(ref _lagMicros, Math.Max(0, micros));
}
