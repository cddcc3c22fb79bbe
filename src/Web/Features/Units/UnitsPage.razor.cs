using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Units;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Units;

public sealed partial class UnitsPage
{
    private UnitsPageModel _model = null!;
    private UnitCostAnswer? _drawn, _listed;
    private string _sorted = "";
    private IReadOnlyList<string> _labels = [];
    private IReadOnlyList<SpendBars.Member> _bars = [];
    private IReadOnlyList<UnitCostRow> _rows = [];

    [Inject] private UnitCostReader Units { get; set; } = null!;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private OutcomeDefinitions Definitions { get; set; } = null!;
    [Inject] private ILogger<UnitsPage> Logger { get; set; } = null!;

    protected override string Path => "/units";

    protected override bool Refreshes => _model.Failed;

    private string Title => $"Cost per {(_model.Unit == CostUnit.Outcome ? $"success of {_model.Outcome?.Name ?? "an outcome"}" : Many(_model.Unit))}";

    private string Range => $"{Figures.Instant(_model.Shown.From, Reader.Zone)} – {Figures.Instant(_model.Shown.To, Reader.Zone)}";

    private string SpreadNote => _model.Spread.Value?.Spread is { } spread ? $"of {Figures.Count(spread.Units)} {(_model.Unit == CostUnit.Outcome ? "traces or sessions with a success" : Plural(_model.Unit))}" : "";

    private IReadOnlyList<(string Sort, string Head)> Heads =>
        [("cost", "Cost, USD"), ("per-unit", $"USD per {(_model.Unit == CostUnit.Outcome ? "success" : Many(_model.Unit))}"), ("units", _model.Unit == CostUnit.Call ? "Priced calls" : _model.Unit == CostUnit.Outcome ? "Successes" : $"Distinct {Plural(_model.Unit)}")];

    /// <summary>What is divided by what, in words.</summary>
    private string Explained => _model.Unit switch
    {
        CostUnit.Call => "The cost of all priced calls, divided by their number. What unpriced calls cost is unknown, so they are in neither.",
        CostUnit.Outcome => $"The cost of {(_model.Outcome is { Features.Length: > 0 } outcome ? $"all calls of {string.Join(", ", outcome.Features)}" : "all calls of the view")}, failed attempts included, divided by successes. "
            + "An outcome belongs to the calls of its trace, or else to those of its session in the 24 hours before; where it tells no feature, team or customer, it has that of its dearest call.",
        var unit => $"The cost of calls that tell a {Singular(unit)}, divided by the {Plural(unit)} with at least one call. Calls that tell none are in neither. A {Singular(unit)} of several rows counts in each.",
    };

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new UnitsPageModel(Units, Spend, Definitions, Time);
    }

    protected override async Task LoadAsync(bool anew)
    {
        await _model.LoadAsync(Session.Scope, Address, Reader.Zone, Asking(Logger, anew));
        Draw();
        StateHasChanged();
    }

    protected override bool ShouldRender()
    {
        Draw();
        return true;
    }

    /// <summary>The chart and the rows are made anew with their answers alone: others are other bars to it.</summary>
    private void Draw()
    {
        if (_model.Series.Value is { } series && !ReferenceEquals(series, _drawn))
        {
            _drawn = series;
            var periods = Periods.Of(_model.Shown, _model.Granularity, Reader.Zone);
            _labels = SpendViews.PeriodLabels(periods, _model.Granularity);
            var label = Title[..1] + Title[1..].ToLowerInvariant();
            _bars = [new SpendBars.Member(label, label, _model.CostsOf(periods), Palette.Of(Word(_model.Unit)))];
        }

        if (_model.Table.Value is not { } table || (ReferenceEquals(table, _listed) && _sorted == _model.Sort)) return;
        (_listed, _sorted) = (table, _model.Sort);
        _rows = _model.Rows();
    }

    private UnitFigures? FiguresOf(CostUnit unit) => _model.Tiles[unit].Value?.Now;

    private static decimal? Told(CostUnit unit, UnitFigures figures) => figures.PerUnit is { } each ? unit == CostUnit.Call ? each * 1_000 : each : null;

    /// <summary>Null while it loads.</summary>
    private string? ValueOf(CostUnit unit)
    {
        if (unit == CostUnit.Outcome && _model.OutcomeProblem is not null) return "–";
        return FiguresOf(unit) is { } figures ? Told(unit, figures) is { } cost ? Figures.MoneyShort(cost) : "–" : null;
    }

    private string? ExactOf(CostUnit unit) => FiguresOf(unit) is { } figures && Told(unit, figures) is { } cost ? Figures.MoneyExact(cost) : null;

    private Change? ChangeOf(CostUnit unit) =>
        (unit != CostUnit.Outcome || _model.OutcomeProblem is null) && _model.Tiles[unit].Value is { } tile && Told(unit, tile.Now) is { } now && Told(unit, tile.Before) is { } before
            ? new Change(now, before)
            : null;

    private string Label(CostUnit unit) => unit == CostUnit.Outcome ? $"Per {_model.Outcome?.Name ?? "successful outcome"}" : $"Per {Many(unit)}";

    private static string Counted(CostUnit unit, UnitFigures figures) => unit == CostUnit.Outcome
        ? $"{Figures.Count(figures.Units)} of {Figures.Count(figures.Units + figures.Failures)} succeeded"
        : $"{Figures.Count(figures.Units)} {(figures.Units == 1 ? Singular(unit) : Plural(unit))}";

    private static string LeftOutTitle(CostUnit unit, UnitFigures figures) => unit == CostUnit.Call
        ? $"{Figures.CallsExact(figures.LeftOutCalls)} without a price: the cost is unknown"
        : $"{Figures.CallsExact(figures.LeftOutCalls)} without a {Singular(unit)}, which cost {Figures.MoneyExact(figures.LeftOutCost)}";

    private IReadOnlyList<RankedList.Row> Dearest(Dimension member, TopAnswer top) =>
        [.. top.Members.Where(one => one.Value.Length > 0).Take(5).Select(one => new RankedList.Row(one.Value, one.Figures.Cost, Address.Filter(member.Name(), one.Value).To("/calls")))];

    internal static string Word(CostUnit unit) => unit.ToString().ToLowerInvariant();

    private static string Singular(CostUnit unit) => unit == CostUnit.Outcome ? "successful outcome" : Word(unit);

    private static string Plural(CostUnit unit) => Singular(unit) + "s";

    private static string Many(CostUnit unit) => unit == CostUnit.Call ? "1,000 calls" : Singular(unit);
}
