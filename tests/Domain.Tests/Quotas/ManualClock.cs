namespace FinOps.Domain.Tests.Quotas;

/// <summary>Time that passes only when it is told to.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Pass(TimeSpan time) => _ticks += time.Ticks;

    public void Pass(double seconds) => Pass(TimeSpan.FromSeconds(seconds));
}
