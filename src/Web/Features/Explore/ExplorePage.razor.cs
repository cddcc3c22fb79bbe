using FinOps.Analytics.Audit;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Spend;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.Explore;

public sealed partial class ExplorePage
{
    private static readonly IReadOnlyList<Dimension> Choices = [.. Dimensions.Groupable, Dimension.Session];

    private readonly DraggedRange _dragged = new();
    private ExplorePageModel _model = null!;
    private SpendAnswer? _listed;
    private IReadOnlyList<SpendRow> _rows = [];
    private SpendFigures _sum;
    private string _filterDimension = "feature";
    private string _filterValue = "";
    private string? _refused;

    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private AuditTrail Audit { get; set; } = null!;
    [Inject] private QueryGate Gate { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<ExplorePage> Logger { get; set; } = null!;

    protected override string Path => "/explore";

    protected override bool Refreshes => _model.Failed;

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

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new ExplorePageModel(Spend, Time);
    }

    protected override Task LoadAsync(bool anew)
    {
        var asking = Asking(Logger, anew);
        return _model.LoadAsync(Session.Scope, Address, Reader.Zone, asking with { Changed = () => { List(); asking.Changed(); } });
    }

    /// <summary>Sorts and sums a new table once, not at every rendering.</summary>
    private void List()
    {
        if (_model.Table.Value is not { } table || ReferenceEquals(table, _listed)) return;
        _listed = table;
        _rows = _model.Rows();
        _sum = table.Sum();
    }

    private void AddFilter()
    {
        if (_filterValue.Trim() is not { Length: > 0 } value) return;
        _filterValue = "";
        Go(Address.Filter(_filterDimension, value));
    }

    private void GoBack()
    {
        if (_dragged.Before(Address.Range) is { } before) Go(before);
    }

    /// <summary>A member becomes a filter; "other" has no name to filter by.</summary>
    private void OnBar((string? Member, RangeChoice Period) bar)
    {
        if (bar.Member is { } member) Go(Address.Filter(_model.By.Name(), member));
    }

    private string CallsOf(SpendRow row)
    {
        var address = Address;
        for (var i = 0; i < row.Group.Count; i++) address = address.Filter(_model.GroupBy[i].Name(), row.Group[i]);
        return address.To("/calls");
    }

    private async Task ExportAsync()
    {
        _refused = null;
        try
        {
            using var place = Gate.EnterExport(Session.Tenant);
            await WriteAsync();
        }
        catch (QuotaExceededException over)
        {
            _refused = over.Advice;
        }
    }

    private async Task WriteAsync()
    {
        var (from, to) = Address.Range.Resolve(Time.GetUtcNow(), Reader.Zone);
        var name = $"spend-by-{string.Join('-', _model.GroupBy.Select(d => d.Name()))}.csv";
        await Audit.RecordAsync(Session.Tenant, new AuditEntry(Session.Actor, AuditActs.DataExported, name, name)
        {
            After = new { From = from, To = to, Address.Filters, Rows = _model.Rows().Count },
        }, Left);
        await Script.InvokeVoidAsync("finops.download", name, _model.Csv(), "text/csv");
    }
}
