using FinOps.Analytics.Bills;
using FinOps.Analytics.Spend;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Overview;

public sealed partial class OverviewPage
{
    private readonly DraggedRange _dragged = new();
    private OverviewPageModel _model = null!;

    private readonly Loaded<AdjustmentSum> _accepted = new();

    [Inject] private Adjustments Adjustments { get; set; } = null!;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private ILogger<OverviewPage> Logger { get; set; } = null!;

    protected override string Path => "/";

    private SpendFigures? RangeFigures => _model.Range.Value?.Sum();

    private SpendFigures? PreviousFigures => Address.Compare ? _model.Previous.Value?.Sum() : null;

    private string RangeNote => $"{Figures.Instant(_model.Shown.From, Reader.Zone)} – {Figures.Instant(_model.Shown.To, Reader.Zone)}";

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new OverviewPageModel(Spend, Time);
    }

    protected override Task LoadAsync(bool anew)
    {
        var asking = Asking(Logger, anew);
        var figures = _model.LoadAsync(Session.Scope, Address, Reader.Zone, asking);
        // Whole bills are nobody's who sees some teams alone.
        return Session.May(AccessPolicies.ReadBills) ? Task.WhenAll(figures, _accepted.LoadAsync(token => Adjustments.SumAsync(Session.Tenant, _model.Shown, token), asking)) : figures;
    }

    private void GoBack()
    {
        if (_dragged.Before(Address.Range) is { } before) Go(before);
    }

    private void OnSplit(ChangeEventArgs e) => Go(Address.With("by", e.Value as string));

    /// <summary>A member leads to its calls of that period, "other" to the members that it sums.</summary>
    private void OnBar((string? Member, RangeChoice Period) bar)
    {
        var address = Address with { Range = bar.Period };
        var by = _model.By.Name();
        Navigation.NavigateTo(bar.Member is { } member ? address.Filter(by, member).To("/calls") : address.With("by", by).To("/explore", own: true));
    }

    private IReadOnlyList<RankedList.Row> Ranked(Dimension dimension, TopAnswer top)
    {
        // A member has one colour on the page: the one it has in the chart, where it is there.
        var own = Palette.Of(top.Members.Select(m => m.Value));
        var drawn = dimension == _model.By && _model.Split.Value is { } split ? SpendViews.Colors(split) : own;
        var rows = top.Members.Select(m => new RankedList.Row(
            m.Value, m.Figures.Cost, Address.Filter(dimension.Name(), m.Value).To("/calls"), drawn.GetValueOrDefault(m.Value) ?? own[m.Value])).ToList();
        if (top.OtherMembers > 0)
            rows.Add(new RankedList.Row($"{Figures.Count(top.OtherMembers)} others", top.Other.Cost, Address.With("by", dimension.Name()).To("/explore", own: true), Palette.Other));
        return rows;
    }

    private static string? Money(SpendFigures? figures) => figures is { } f ? Figures.MoneyShort(f.Cost) : null;

    private static string? Exact(SpendFigures? figures) => figures is { } f ? Figures.MoneyExact(f.Cost) : null;

    private static Change? Compared(SpendFigures? now, SpendFigures? before) => now is { } n && before is { } b ? new Change(n.Cost, b.Cost) : null;
}
