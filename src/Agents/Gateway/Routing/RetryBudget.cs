using FinOps.Domain.Quotas;

namespace FinOps.Gateway.Routing;

/// <summary>Retries are at most a part of all calls: a provider that is down is not asked twice as often. A few are free, for a gateway with little traffic.</summary>
internal sealed class RetryBudget(TimeProvider time)
{
    /// <summary>Of the calls of the last minute. Default a fifth.</summary>
    public const double MaxShare = 0.2;

    /// <summary>In a minute, whatever the traffic.</summary>
    public const int Free = 10;

    private readonly Lock _gate = new();
    private readonly SlidingSum _calls = new(time, TimeSpan.FromSeconds(1), 60);
    private readonly SlidingSum _retries = new(time, TimeSpan.FromSeconds(1), 60);

    public void CountCall()
    {
        lock (_gate) _calls.Add(1);
    }

    /// <summary>Whether one more fits; it is counted then.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            if (_retries.Sum() >= Math.Max(Free, _calls.Sum() * MaxShare)) return false;
            _retries.Add(1);
            return true;
        }
    }
}
