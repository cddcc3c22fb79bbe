using System.Collections.Concurrent;
using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Routing;

/// <summary>
/// What is known to fail is not asked for a while, where somebody else can answer. One breaker for each provider and model: after <see cref="MaxFailures"/> failures in a row it is open for
/// <see cref="OpenTime"/>, then one call tries. Without money it is open at once, for <see cref="OpenWithoutMoney"/>.
/// </summary>
internal sealed class Breakers(TimeProvider time, GatewayCounters counters)
{
    public const int MaxFailures = 5;

    /// <summary>Names of models come from callers: beyond so many pairs no new ones are watched.</summary>
    private const int MaxWatched = 4_096;

    public static readonly TimeSpan OpenTime = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan OpenWithoutMoney = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Provider, string Model), Breaker> _breakers = new();
    private bool _hasAny;

    /// <summary>Whether the pair may be asked. Where its time is over, the first that asks tries for all.</summary>
    public bool MayAsk(Provider provider, string model) => !_breakers.TryGetValue((provider.Name, model), out var breaker) || breaker.MayAsk(time.GetTimestamp(), time);

    public void Note(Provider provider, string model, FailureClass? failure)
    {
        var pair = (provider.Name, model);
        if (failure is null)
        {
            // Most of the time nothing has failed yet.
            if (Volatile.Read(ref _hasAny) && _breakers.TryGetValue(pair, out var known)) known.Close();
            return;
        }

        if (!_breakers.TryGetValue(pair, out var breaker))
        {
            if (_breakers.Count >= MaxWatched) return;
            breaker = _breakers.GetOrAdd(pair, static _ => new Breaker());
            Volatile.Write(ref _hasAny, true);
        }

        if (breaker.Fail(time, failure == FailureClass.Money)) counters.CountBreaker(provider.Name);
    }

    /// <summary>It was not found out: who tried has left.</summary>
    public void Forget(Provider provider, string model)
    {
        if (_breakers.TryGetValue((provider.Name, model), out var breaker)) breaker.Forget();
    }

    private sealed class Breaker
    {
        private readonly Lock _gate = new();
        private int _failures;
        private long _openSince;
        private TimeSpan _openFor;
        private bool _isTrying;

        public bool MayAsk(long now, TimeProvider time)
        {
            lock (_gate)
            {
                if (_openFor == TimeSpan.Zero) return true;
                if (time.GetElapsedTime(_openSince, now) < _openFor || _isTrying) return false;
                _isTrying = true;
                return true;
            }
        }

        public void Close()
        {
            lock (_gate) (_failures, _openFor, _isTrying) = (0, TimeSpan.Zero, false);
        }

        public void Forget()
        {
            lock (_gate) _isTrying = false;
        }

        /// <summary>Whether it opened by this.</summary>
        public bool Fail(TimeProvider time, bool withoutMoney)
        {
            lock (_gate)
            {
                _failures++;
                if (!withoutMoney && !_isTrying && _failures < MaxFailures) return false;
                var wasOpen = _openFor != TimeSpan.Zero && !_isTrying;
                (_openSince, _openFor, _isTrying) = (time.GetTimestamp(), withoutMoney ? OpenWithoutMoney : OpenTime, false);
                return !wasOpen;
            }
        }
    }
}
