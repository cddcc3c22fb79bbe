using Microsoft.Extensions.ObjectPool;

namespace FinOps.Gateway.Forwarding;

/// <summary>Ends a call upstream when its caller leaves, or when nothing comes for longer than allowed. One owner, from <see cref="Begin"/> until it is disposed: then another call may get it.</summary>
internal sealed class UpstreamCall : IDisposable
{
    /// <summary>Kept for the next calls. Default 256; what is more is left to the collector.</summary>
    private const int MaxKept = 256;

    /// <summary>The clock is set anew for each piece of an answer only when this share of the time has passed, and is set for as much longer: a time that is over is noticed a sixteenth late at most, and never early.</summary>
    private const double Late = 1 / 16.0;

    private static readonly DefaultObjectPool<UpstreamCall> Pool = new(new DefaultPooledObjectPolicy<UpstreamCall>(), MaxKept);

    private readonly CancellationTokenSource _source = new();
    private CancellationToken _caller;
    private CancellationTokenRegistration _registration;
    private long _allowedAt;
    private bool _isLent;

    /// <param name="caller">Cancelled when the caller has left.</param>
    public static UpstreamCall Begin(CancellationToken caller)
    {
        var call = Pool.Get();
        (call._caller, call.Allowed, call._isLent) = (caller, default, false);
        call._registration = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), call._source);
        return call;
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The time that was allowed last.</summary>
    public TimeSpan Allowed { get; private set; }

    public bool IsTimedOut => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>From now on, until it is called again.</summary>
    public void Allow(TimeSpan time)
    {
        var now = Environment.TickCount64;
        if (time == Allowed && now - _allowedAt < time.TotalMilliseconds * Late) return;
        (Allowed, _allowedAt) = (time, now);
        _source.CancelAfter(time * (1 + Late));
    }

    /// <summary>The caller, not the provider, is waited for: no time passes until it is allowed again.</summary>
    public void Pause()
    {
        Allowed = default;
        _source.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Somebody may still hold its token: no other call gets it.</summary>
    public void Lend() => _isLent = true;

    public void Dispose()
    {
        // Waits for a cancellation that runs just now: it is not the next call's.
        _registration.Dispose();
        if (!_isLent && _source.TryReset()) Pool.Return(this);
        else _source.Dispose();
    }
}
