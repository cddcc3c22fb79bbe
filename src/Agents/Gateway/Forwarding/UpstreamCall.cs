namespace FinOps.Gateway.Forwarding;

/// <summary>Ends a call upstream when its caller leaves, or when nothing comes for longer than allowed.</summary>
internal sealed class UpstreamCall : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source;

    public UpstreamCall(CancellationToken caller)
    {
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The time that was allowed last.</summary>
    public TimeSpan Allowed { get; private set; }

    public bool IsTimedOut => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>From now on, until it is called again.</summary>
    public void Allow(TimeSpan time)
    {
        Allowed = time;
        _source.CancelAfter(time);
    }

    public void Dispose() => _source.Dispose();
}
