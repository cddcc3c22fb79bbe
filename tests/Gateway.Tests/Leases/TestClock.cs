namespace FinOps.Gateway.Tests.Leases;

/// <summary>Time that passes only when it is told to, and a date that can jump beside it.</summary>
internal sealed class TestClock : TimeProvider
{
    private long _ticks;

    public DateTimeOffset Date { get; set; } = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => Date;

    public void Pass(double seconds) => Interlocked.Add(ref _ticks, TimeSpan.FromSeconds(seconds).Ticks);
}
