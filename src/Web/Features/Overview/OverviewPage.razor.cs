using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace FinOps.Web.Features.Overview;

public sealed partial class OverviewPage
{
    /// <summary>How often the figures are asked for again while the page is open.</summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _left = new();
    private OverviewPageModel _model = null!;
    private ViewAddress _address = ViewAddress.Empty;
    private TenantId _tenant;
    private Task _refreshing = Task.CompletedTask;
    private SplitAnswer? _drawn;
    private IReadOnlyList<string> _periods = [];
    private IReadOnlyList<SpendBars.Member> _bars = [];

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<OverviewPageModel> Logger { get; set; } = null!;

    private SpendFigures? RangeFigures => _model.Range.Value?.Sum();

    private SpendFigures? PreviousFigures => _address.Compare ? _model.Previous.Value?.Sum() : null;

    private string RangeNote => $"{Figures.Instant(_model.Shown.From, Reader.Zone)} – {Figures.Instant(_model.Shown.To, Reader.Zone)}";

    protected override async Task OnInitializedAsync()
    {
        _model = new OverviewPageModel(Spend, Time, Logger);
        _address = ViewAddress.Parse(Navigation.Uri);
        _tenant = (await Tenant.GetAsync()).Tenant;
        Navigation.LocationChanged += OnLocationChanged;
        await LoadAsync(anew: true);
        _refreshing = RefreshAsync();
    }

    private Task ReloadAsync() => LoadAsync(anew: true);

    private Task LoadAsync(bool anew) => _model.LoadAsync(_tenant, _address, Reader.Zone, anew, Show, _left.Token);

    private void Show()
    {
        if (_model.Split.Value is { } split && !ReferenceEquals(split, _drawn))
        {
            _drawn = split;
            _periods = [.. split.Periods.Select(p => SpendViews.PeriodLabel(p, _model.Granularity, _model.Shown))];
            _bars = SpendViews.Bars(split);
        }

        _ = InvokeAsync(StateHasChanged);
    }

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
        if (new Uri(e.Location).AbsolutePath != "/") return;
        _address = ViewAddress.Parse(e.Location);
        _ = InvokeAsync(() => LoadAsync(anew: true));
    }

    private void OnSplit(ChangeEventArgs e) => Navigation.NavigateTo(_address.With("by", e.Value as string).To("/", own: true));

    private Task OnBarAsync((string Member, int Period) bar)
    {
        Navigation.NavigateTo(_address.Filter(_model.By.Name(), bar.Member).To("/calls"));
        return Task.CompletedTask;
    }

    private Task OnRangeAsync((int First, int Last) chosen)
    {
        if (_drawn is not { } split) return Task.CompletedTask;
        var to = chosen.Last + 1 < split.Periods.Count ? split.Periods[chosen.Last + 1] : _model.Shown.To;
        Navigation.NavigateTo((_address with { Range = new RangeChoice(RangeChoice.Custom, split.Periods[chosen.First], to) }).To("/", own: true));
        return Task.CompletedTask;
    }

    private IReadOnlyList<RankedList.Row> Ranked(Dimension dimension, TopAnswer top)
    {
        var rows = top.Members.Select(m => new RankedList.Row(m.Value, m.Figures.Cost, _address.Filter(dimension.Name(), m.Value).To("/calls"))).ToList();
        if (top.OtherMembers > 0)
            rows.Add(new RankedList.Row($"{Figures.Count(top.OtherMembers)} others", top.Other.Cost, _address.With("by", dimension.Name()).To("/explore", own: true), Palette.Other));
        return rows;
    }

    private static string? Money(SpendFigures? figures) => figures is { } f ? Figures.MoneyShort(f.Cost) : null;

    private static string? Exact(SpendFigures? figures) => figures is { } f ? Figures.MoneyExact(f.Cost) : null;

    private static Change? Compared(SpendFigures? now, SpendFigures? before) => now is { } n && before is { } b ? new Change(n.Cost, b.Cost) : null;

    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        await _left.CancelAsync();
        await _refreshing;
        _left.Dispose();
    }
}
