using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Pipeline;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace FinOps.Web.Features.IngestHealth;

public sealed partial class IngestHealthPage
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _left = new();
    private IngestHealthPageModel _model = null!;
    private ViewAddress _address = ViewAddress.Empty;
    private TenantSession? _session;
    private Task _refreshing = Task.CompletedTask;

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private IngestHealthReader Health { get; set; } = null!;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private IServiceProvider Services { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<IngestHealthPageModel> Logger { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        // The write path and settling are in this process only under the roles that run them.
        _model = new IngestHealthPageModel(Health, Spend, Services.GetService<BatchingRowWriter>(), Services.GetService<SettlementState>(), Time, Logger);
        _address = ViewAddress.Parse(Navigation.Uri);
        _session = await Tenant.GetAsync();
        Navigation.LocationChanged += OnLocationChanged;
        await ReloadAsync();
        _refreshing = RefreshAsync();
    }

    private Task ReloadAsync() => LoadAsync(anew: true);

    private Task LoadAsync(bool anew) =>
        _model.LoadAsync(_session!.Tenant, _address, Reader.Zone, _session.May(AccessPolicies.ReadInstallation), anew, () => _ = InvokeAsync(StateHasChanged), _left.Token);

    private async Task RefreshAsync()
    {
        using var timer = new PeriodicTimer(Refresh, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_left.Token)) await InvokeAsync(() => LoadAsync(anew: false));
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        if (new Uri(e.Location).AbsolutePath != "/ingest") return;
        _address = ViewAddress.Parse(e.Location);
        _ = InvokeAsync(ReloadAsync);
    }

    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        await _left.CancelAsync();
        await _refreshing;
        _left.Dispose();
    }
}
