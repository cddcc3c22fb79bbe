namespace FinOps.Analytics.Stores;

/// <summary>Opens once, when both stores answered and their migrations are in. Loops and jobs wait for it before their first query.</summary>
public sealed class StoresReady
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsOpen => _opened.Task.IsCompleted;

    public void Open() => _opened.TrySetResult();

    public Task WaitAsync(CancellationToken cancellationToken) => _opened.Task.WaitAsync(cancellationToken);
}
