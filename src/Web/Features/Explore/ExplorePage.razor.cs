using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.Explore;

public sealed partial class ExplorePage
{
    private static readonly IReadOnlyList<Dimension> Choices = [.. Dimensions.Groupable, Dimension.Session];

    private readonly CancellationTokenSource _left = new();
    private ExplorePageModel _model = null!;
    private ViewAddress _address = ViewAddress.Empty;
    private TenantId _tenant;
    private SplitAnswer? _drawn;
    private SpendAnswer? _listed;
    private IReadOnlyList<string> _periods = [];
    private IReadOnlyList<SpendBars.Member> _bars = [];
    private IReadOnlyList<SpendRow> _rows = [];
    private SpendFigures _sum;
    private string _filterDimension = "feature";
    private string _filterValue = "";

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<ExplorePageModel> Logger { get; set; } = null!;

    private string Title => string.Join(" and ", _model.GroupBy.Select((d, i) => i == 0 ? d.Title() : d.Title().ToLowerInvariant()));

    /// <summary>Members on the page that belong to the chosen filter dimension: suggestions without another question.</summary>
    private IEnumerable<string> FilterValues
    {
        get
        {
            var place = _model.GroupBy.ToList().FindIndex(d => d.Name() == _filterDimension);
            return place < 0 ? [] : _rows.Select(r => r.Group[place]).Where(m => m.Length > 0).Distinct().Take(50);
        }
    }

    protected override async Task OnInitializedAsync()
    {
        _model = new ExplorePageModel(Spend, Time, Logger);
        _address = ViewAddress.Parse(Navigation.Uri);
        _tenant = (await Tenant.GetAsync()).Tenant;
        Navigation.LocationChanged += OnLocationChanged;
        await ReloadAsync();
    }

    private Task ReloadAsync() => _model.LoadAsync(_tenant, _address, Reader.Zone, anew: true, Show, _left.Token);

    private void Show()
    {
        if (_model.Split.Value is { } split && !ReferenceEquals(split, _drawn))
        {
            _drawn = split;
            _periods = [.. split.Periods.Select(p => SpendViews.PeriodLabel(p, _model.Granularity, _model.Shown))];
            _bars = SpendViews.Bars(split);
        }

        if (_model.Table.Value is { } table && !ReferenceEquals(table, _listed))
        {
            _listed = table;
            _rows = _model.Rows();
            _sum = table.Sum();
        }

        _ = InvokeAsync(StateHasChanged);
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        if (new Uri(e.Location).AbsolutePath != "/explore") return;
        _address = ViewAddress.Parse(e.Location);
        _ = InvokeAsync(ReloadAsync);
    }

    private void Go(ViewAddress address) => Navigation.NavigateTo(address.To("/explore", own: true));

    private void AddFilter()
    {
        if (_filterValue.Trim() is not { Length: > 0 } value) return;
        _filterValue = "";
        Go(_address.Filter(_filterDimension, value));
    }

    private void OnRange((int First, int Last) chosen)
    {
        if (_drawn is not { } split) return;
        var to = chosen.Last + 1 < split.Periods.Count ? split.Periods[chosen.Last + 1] : _model.Shown.To;
        Go(_address with { Range = new RangeChoice(RangeChoice.Custom, split.Periods[chosen.First], to) });
    }

    private string CallsOf(SpendRow row)
    {
        var address = _address;
        for (var i = 0; i < row.Group.Count; i++) address = address.Filter(_model.GroupBy[i].Name(), row.Group[i]);
        return address.To("/calls");
    }

    private async Task ExportAsync() =>
        await Script.InvokeVoidAsync("finops.download", $"spend-by-{string.Join('-', _model.GroupBy.Select(d => d.Name()))}.csv", _model.Csv(), "text/csv");

    public void Dispose()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        _left.Cancel();
        _left.Dispose();
    }
}
