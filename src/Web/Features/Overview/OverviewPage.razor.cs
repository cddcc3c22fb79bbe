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

    /// <summary>Closed months that are named, the latest; the others are on the page of bills.</summary>
    private const int MaxClosed = 6;

    private readonly Loaded<AdjustmentSum> _accepted = new();
    private readonly Loaded<IReadOnlyList<ClosedMonth>> _closed = new();

    [Inject] private CloseMonths Months { get; set; } = null!;
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
        // Whole bills and months are nobody's who sees some teams alone.
        if (!Session.May(AccessPolicies.ReadBills)) return figures;
        return Task.WhenAll(
            figures,
            _accepted.LoadAsync(token => Adjustments.SumAsync(Session.Tenant, _model.Shown, token), asking),
            _closed.LoadAsync(token => Months.StandingAsync(Session.Tenant, _model.Shown, token), asking));
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

    /// <summary>What changed in the month after its close.</summary>
    internal static string ClosedSince(ClosedMonth month) => month.Corrections == 0 ? "unchanged since" : $"{(month.Corrections > 0 ? "+" : "")}{Figures.Money(month.Corrections)} since";

    private static string ClosedExact(ClosedMonth month) =>
        $"The whole month (UTC): {Figures.MoneyExact(month.Cost ?? 0m)} as closed, {Figures.MoneyExact(month.Corrections)} of corrections since; its calls cost {Figures.MoneyExact((month.Cost ?? 0m) + month.Corrections)} now";

    private static string? Money(SpendFigures? figures) => figures is { } f ? Figures.MoneyShort(f.Cost) : null;

    private static string? Exact(SpendFigures? figures) => figures is { } f ? Figures.MoneyExact(f.Cost) : null;

    private static Change? Compared(SpendFigures? now, SpendFigures? before) => now is { } n && before is { } b ? new Change(n.Cost, b.Cost) : null;
}
