namespace FinOps.Domain.Quotas;

/// <summary>
/// Keeps a rate over time. What something costs is known only after it was done, so it is let in while there is credit and charged afterwards; the credit
/// may go below zero and is earned back before anything else is let in. In the long run no more than the rate passes, whatever the size of one request.
/// Time is monotone, nothing is allocated.
/// </summary>
public sealed class TokenBucket(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private double _credit = double.PositiveInfinity;
    private long _at = clock.GetTimestamp();

    /// <summary>How long until there is credit again; zero while there is.</summary>
    /// <param name="perSecond">The rate; zero or less = unlimited.</param>
    /// <param name="burst">The most credit that is saved up.</param>
    public TimeSpan Wait(double perSecond, double burst)
    {
        if (perSecond <= 0) return TimeSpan.Zero;
        lock (_lock)
        {
            Earn_NeedsLock(perSecond, burst);
            return _credit > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(MaxWaitSeconds, (1 - _credit) / perSecond));
        }
    }

    /// <summary>Takes the cost of what was let in; nothing while there is no limit.</summary>
    public void Charge(double cost, double perSecond, double burst)
    {
        if (perSecond <= 0 || cost <= 0) return;
        lock (_lock)
        {
            Earn_NeedsLock(perSecond, burst);
            _credit -= cost;
        }
    }

    /// <summary>Longest wait that is told. Default 1 hour: who comes back earlier is told again.</summary>
    private const double MaxWaitSeconds = 3600;

    private void Earn_NeedsLock(double perSecond, double burst)
    {
        var now = clock.GetTimestamp();
        _credit = Math.Min(burst, _credit + (clock.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
    }
}
