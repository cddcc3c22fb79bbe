using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Sharing;

/// <summary>Whose answer a call gets.</summary>
/// <param name="Answer">Null: it is sent by itself, since so many wait for an equal one that no more may.</param>
/// <param name="Leads">It is the one that is sent for all.</param>
internal readonly record struct SharedPlace(SharedAnswer? Answer, SharedAnswer.Listener? Listener, bool Leads);

/// <summary>The calls that may be shared, by what they ask, from when one is sent to when its answer is whole.</summary>
internal sealed class CallsInFlight(GatewayLimits limits, GatewayCounters counters)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CacheKey, SharedAnswer> _answers = [];
    private readonly Dictionary<CacheKey, int> _tried = [];
    private long _heldBytes;

    /// <summary>All answers together hold as much as they may: none is held for whoever may still come, and nobody may be far behind.</summary>
    public bool IsFull => Interlocked.Read(ref _heldBytes) >= limits.MaxSharedBytes;

    public void Hold(long bytes)
    {
        Interlocked.Add(ref _heldBytes, bytes);
        counters.CountSharedBytes(bytes);
    }

    public void CountUnheld() => counters.CountShared("unheld");

    public SharedPlace Join(CacheKey key, int maxWaiters)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(key, out var answer) && answer.IsOpen)
            {
                return answer.TryFollow(maxWaiters) is { } listener ? new SharedPlace(answer, listener, false) : default;
            }

            answer = _answers[key] = new SharedAnswer(this);
            return new SharedPlace(answer, answer.Lead(), true);
        }
    }

    public void Remove(CacheKey key, SharedAnswer answer)
    {
        lock (_gate)
        {
            // Another may lead by now, where this one took no more.
            if (_answers.TryGetValue(key, out var current) && ReferenceEquals(current, answer)) _answers.Remove(key);
        }
    }

    /// <summary>Of a policy on trial: whether an equal call is in flight. To be ended by <see cref="EndTrial"/>.</summary>
    public bool BeginTrial(CacheKey key)
    {
        lock (_gate)
        {
            var count = _tried.GetValueOrDefault(key);
            _tried[key] = count + 1;
            return count > 0;
        }
    }

    public void EndTrial(CacheKey key)
    {
        lock (_gate)
        {
            if (_tried[key] == 1) _tried.Remove(key);
            else _tried[key]--;
        }
    }
}
