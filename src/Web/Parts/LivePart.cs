using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Parts;

/// <summary>A part of the screen that follows what arrives: it asks at once, then every <see cref="Refresh"/> while somebody looks, and no more once it is gone.</summary>
public abstract class LivePart : ComponentBase, IAsyncDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _left = new();
    private Task _following = Task.CompletedTask;

    protected LivePart() => Left = _left.Token;

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] protected CurrentTenant Tenant { get; set; } = null!;
    [Inject] protected TimeProvider Time { get; set; } = null!;
    [Inject] private Attendance Attendance { get; set; } = null!;

    /// <summary>Whose data is shown. Known before the first <see cref="LoadAsync"/>.</summary>
    protected TenantSession Session { get; private set; } = null!;

    /// <summary>Cancelled when the part is gone.</summary>
    protected CancellationToken Left { get; }

    /// <summary>Whether it asks again by itself just now.</summary>
    protected virtual bool Refreshes => true;

    protected abstract Task LoadAsync(bool anew);

    protected Task ReloadAsync() => LoadAsync(anew: true);

    protected override async Task OnInitializedAsync()
    {
        Session = await Tenant.GetAsync();
        _following = ShowFailureAsync(FollowAsync);
    }

    protected Asking Asking(ILogger log, bool anew) => new(log, anew, () => _ = InvokeAsync(StateHasChanged), Left);

    /// <summary>Runs work that no event of the page awaits: what it throws reaches the page's error boundary.</summary>
    protected async Task ShowFailureAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (Left.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception failure)
        {
            await DispatchExceptionAsync(failure);
        }
    }

    private async Task FollowAsync()
    {
        await LoadAsync(anew: true);
        using var timer = new PeriodicTimer(Refresh, Time);
        while (await timer.WaitForNextTickAsync(Left))
        {
            // Who comes back sees at once what arrived meanwhile.
            await Attendance.ReturnAsync(Left);
            if (Refreshes) await InvokeAsync(() => LoadAsync(anew: false));
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        await _following;
        _left.Dispose();
        GC.SuppressFinalize(this);
    }
}
