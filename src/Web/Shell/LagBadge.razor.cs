using FinOps.Analytics.Spend;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Shell;

/// <summary>How fresh the figures are, on every page: the age of the newest call, or that the store does not answer.</summary>
public sealed partial class LagBadge
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Live = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _left = new();
    private readonly Loaded<DataLagAnswer> _lag = new();
    private Task _refreshing = Task.CompletedTask;
    private string? _text;
    private string _hint = "";
    private string _state = "";

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<LagBadge> Logger { get; set; } = null!;

    protected override void OnInitialized() => _refreshing = RefreshAsync();

    private async Task RefreshAsync()
    {
        var tenant = (await Tenant.GetAsync()).Tenant;
        using var timer = new PeriodicTimer(Refresh, Time);
        try
        {
            do
            {
                await _lag.LoadAsync(() => Spend.AskAsync(new DataLagQuestion(tenant), _left.Token), Logger, anew: false);
                Describe();
                await InvokeAsync(StateHasChanged);
            }
            while (await timer.WaitForNextTickAsync(_left.Token));
        }
        catch (OperationCanceledException)
        {
            // The circuit ended.
        }
    }

    private void Describe()
    {
        if (_lag.Failure is not null)
        {
            (_text, _hint, _state) = ("store away", "The analytics store does not answer. What arrives meanwhile is kept and written later.", "bad");
            return;
        }

        if (_lag.Value?.LastReceivedAt is not { } received)
        {
            (_text, _hint, _state) = ("no data yet", "No call has arrived yet.", "quiet");
            return;
        }

        var age = Time.GetUtcNow() - received;
        _hint = $"The newest call arrived {Figures.InstantExact(received, Reader.Zone)}.";
        (_text, _state) = age < Live ? ($"live, {Figures.Age(age)}", "live") : ($"last call {Figures.Age(age)} ago", "quiet");
    }

    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        await _refreshing;
        _left.Dispose();
    }
}
