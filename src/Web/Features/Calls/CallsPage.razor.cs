using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;

namespace FinOps.Web.Features.Calls;

public sealed partial class CallsPage
{
    /// <summary>The newest page follows what arrives; an older one stands still.</summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _left = new();
    private CallsPageModel _model = null!;
    private ViewAddress _address = ViewAddress.Empty;
    private TenantId _tenant;
    private Task _refreshing = Task.CompletedTask;
    private string _search = "";

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CallsReader Calls { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<CallsPageModel> Logger { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        _model = new CallsPageModel(Calls, Time, Logger);
        _address = ViewAddress.Parse(Navigation.Uri);
        _search = _address.Get("search") ?? "";
        _tenant = (await Tenant.GetAsync()).Tenant;
        Navigation.LocationChanged += OnLocationChanged;
        await ReloadAsync();
        _refreshing = RefreshAsync();
    }

    private Task ReloadAsync() => LoadAsync(anew: true);

    private async Task LoadAsync(bool anew)
    {
        await _model.LoadAsync(_tenant, _address, Reader.Zone, anew, _left.Token);
        StateHasChanged();
    }

    private async Task RefreshAsync()
    {
        using var timer = new PeriodicTimer(Refresh, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_left.Token))
                if (_address.Get("after") is null) await InvokeAsync(() => LoadAsync(anew: false));
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        if (new Uri(e.Location).AbsolutePath != "/calls") return;
        _address = ViewAddress.Parse(e.Location);
        _ = InvokeAsync(ReloadAsync);
    }

    private void Search() => Go(_address.With("search", _search.Trim()));

    /// <summary>Another question starts at its newest call.</summary>
    private void Go(ViewAddress address) => Navigation.NavigateTo(address.With("after", null).To("/calls", own: true));

    private string LinkOf(CallRow call) => _address.With("after", null).To($"/calls/{call.Id}");

    private string Stamp(CallRow call) => TimeZoneInfo.ConvertTime(call.Start, Reader.Zone).ToString("d MMM, HH:mm:ss", CultureInfo.InvariantCulture);

    private RenderFragment Member(Dimension dimension, string member) => builder =>
    {
        if (member.Length == 0)
        {
            builder.OpenElement(0, "span");
            builder.AddAttribute(1, "class", "soft");
            builder.AddContent(2, "–");
            builder.CloseElement();
            return;
        }

        builder.OpenElement(3, "a");
        builder.AddAttribute(4, "href", _address.With("after", null).Filter(dimension.Name(), member).To("/calls", own: true));
        builder.AddAttribute(5, "title", $"Only {dimension.Name()} {member}");
        builder.AddAttribute(6, "class", "quiet");
        builder.AddEventStopPropagationAttribute(7, "onclick", true);
        builder.AddContent(8, member);
        builder.CloseElement();
    };

    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        await _left.CancelAsync();
        await _refreshing;
        _left.Dispose();
    }
}
