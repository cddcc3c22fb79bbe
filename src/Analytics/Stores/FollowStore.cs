using Microsoft.Extensions.Hosting;

namespace FinOps.Analytics.Stores;

/// <summary>
/// Keeps in memory what a store says, read again every so often in the background. While the store is away the last known stays in use, and one line of the log says so.
/// </summary>
public abstract class FollowStore(StoresReady ready, TimeSpan every, TimeProvider clock) : BackgroundService
{
    /// <summary>Reads what is in the store now. True if that was something new.</summary>
    public abstract Task<bool> RefreshAsync(CancellationToken cancellationToken);

    /// <summary>The store could not be read, for the first time since it could.</summary>
    protected abstract void TellAway(Exception failure);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ready.WaitAsync(stoppingToken);
        var away = false;
        using var timer = new PeriodicTimer(every, clock);
        do
        {
            try
            {
                await RefreshAsync(stoppingToken);
                away = false;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // A background loop's boundary: whatever went wrong, the next round tries again.
                if (!away) TellAway(failure);
                away = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
