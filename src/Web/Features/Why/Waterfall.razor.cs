using FinOps.Domain.Changes;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Plotly.Blazor;
using Plotly.Blazor.Interop;
using Plotly.Blazor.LayoutLib;
using Plotly.Blazor.Traces;
using Plotly.Blazor.Traces.BarLib;

namespace FinOps.Web.Features.Why;

public sealed partial class Waterfall
{
    /// <summary>A bar: one of the two sums, or what a cause adds or takes.</summary>
    /// <param name="Label">Under it.</param>
    /// <param name="Cause">Null: a sum.</param>
    /// <param name="Amount">Of the sum, or of the cause.</param>
    public sealed record Step(string Label, ChangeCause? Cause, decimal Amount);

    /// <summary>Those of the page: the chart's own default is another one.</summary>
    private const string Fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

    private readonly string _id = "waterfall-" + Guid.NewGuid().ToString("N");
    private readonly Config _config = new() { Responsive = true, DisplayModeBar = Plotly.Blazor.ConfigLib.DisplayModeBarEnum.False, DisplayLogo = false };
    private IList<ITrace> _data = [];
    private Layout _layout = new();
    private PlotlyChart? _chart;
    private bool _ready;
    private bool _subscribed;
    private bool _redraw;
    private (IReadOnlyList<Step>, bool, bool) _drawn;

    [Parameter, EditorRequired] public required IReadOnlyList<Step> Steps { get; set; }

    /// <summary>The bar of a cause was clicked.</summary>
    [Parameter] public EventCallback<ChangeCause> Chosen { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;

    /// <summary>On a phone bars lie, so that their names have room.</summary>
    private int Height => Reader.Narrow ? Steps.Count * 34 + 48 : 340;

    private string Label => $"From {Figures.Money(Steps[0].Amount)} to {Figures.Money(Steps[^1].Amount)}; the causes stand in the table of causes";

    protected override void OnParametersSet()
    {
        if (_drawn == (Steps, Reader.Dark, Reader.Narrow)) return;
        _drawn = (Steps, Reader.Dark, Reader.Narrow);
        var (ink, line) = Reader.Dark ? ("#B6C0CE", "#2A3340") : ("#55606F", "#E6EAF0");
        object[] labels = [.. Steps.Select(step => (object)step.Label)];
        object[] sizes = [.. Steps.Select(step => (object)Math.Abs(step.Amount))];
        var bar = new Bar
        {
            X = Reader.Narrow ? sizes : labels,
            Y = Reader.Narrow ? labels : sizes,
            Orientation = Reader.Narrow ? OrientationEnum.H : OrientationEnum.V,
            BaseArray = [.. Bases().Select(at => (object)at)],
            Marker = new Marker { ColorArray = [.. Steps.Select(step => (object)ColorOf(step))] },
            TextArray = [.. Steps.Select(step => step.Cause is null ? Figures.MoneyShort(step.Amount) : WhyTexts.Signed(step.Amount))],
            TextPosition = TextPositionEnum.Outside,
            TextFont = new Plotly.Blazor.Traces.BarLib.TextFont { Color = ink },
            ClipOnAxis = false,
            HoverTemplate = "%{label}  <b>%{text}</b><extra></extra>",
        };
        _data = [bar];
        _layout = new Layout
        {
            BarGap = 0.3m,
            AutoSize = true,
            PaperBgColor = "rgba(0,0,0,0)",
            PlotBgColor = "rgba(0,0,0,0)",
            Font = new Font { Family = Fonts, Size = 12, Color = ink },
            Margin = new Margin { L = Reader.Narrow ? 96 : 56, R = Reader.Narrow ? 64 : 20, T = 24, B = 40 },
            HoverMode = HoverModeEnum.Closest,
            DragMode = DragModeEnum.False,
            HoverLabel = new Plotly.Blazor.LayoutLib.HoverLabel { BgColor = Reader.Dark ? "#1B222C" : "#FFFFFF", BorderColor = line, Font = new Plotly.Blazor.LayoutLib.HoverLabelLib.Font { Color = Reader.Dark ? "#E8ECF2" : "#1C2430" } },
            ShowLegend = false,
            XAxis = [Reader.Narrow
                ? new XAxis { FixedRange = true, TickPrefix = "$", GridColor = line, ZeroLine = false, NTicks = 4, TickFont = new Plotly.Blazor.LayoutLib.XAxisLib.TickFont { Color = ink } }
                : new XAxis { Type = Plotly.Blazor.LayoutLib.XAxisLib.TypeEnum.Category, FixedRange = true, ShowGrid = false, LineColor = line, AutoMargin = Plotly.Blazor.LayoutLib.XAxisLib.AutoMarginFlag.Height, TickFont = new Plotly.Blazor.LayoutLib.XAxisLib.TickFont { Color = ink } }],
            YAxis = [Reader.Narrow
                ? new YAxis { Type = Plotly.Blazor.LayoutLib.YAxisLib.TypeEnum.Category, FixedRange = true, ShowGrid = false, AutoRange = Plotly.Blazor.LayoutLib.YAxisLib.AutoRangeEnum.Reversed, TickFont = new Plotly.Blazor.LayoutLib.YAxisLib.TickFont { Color = ink } }
                : new YAxis { FixedRange = true, TickPrefix = "$", GridColor = line, ZeroLine = false, NTicks = 5, TickFont = new Plotly.Blazor.LayoutLib.YAxisLib.TickFont { Color = ink } }],
            Separators = ".,",
        };
        _redraw = _ready;
        _ready = true;
    }

    /// <summary>Where each bar begins: a cause's lower end lies on what the sums before it come to.</summary>
    private IEnumerable<decimal> Bases()
    {
        var at = 0m;
        foreach (var step in Steps)
        {
            if (step.Cause is null)
            {
                at = step.Amount;
                yield return 0m;
                continue;
            }

            yield return Math.Min(at, at + step.Amount);
            at += step.Amount;
        }
    }

    /// <summary>Up is amber, down is green; beside the colour stands a sign.</summary>
    private string ColorOf(Step step) => (step.Cause, step.Amount, Reader.Dark) switch
    {
        (null, _, _) => Palette.Other,
        (_, > 0, false) => "#A64200",
        (_, > 0, true) => "#F0A268",
        (_, _, false) => "#17703F",
        _ => "#6CC794",
    };

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!_redraw || _chart is null) return;
        _redraw = false;
        await _chart.React();
    }

    private void OnDrawn()
    {
        if (_subscribed || _chart is null) return;
        _subscribed = true;
        _ = InvokeAsync(async () => await _chart.SubscribeClickEvent());
    }

    private void OnClick(IEnumerable<EventDataPoint> points)
    {
        var point = points.FirstOrDefault();
        var label = (Reader.Narrow ? point?.Y : point?.X)?.ToString();
        if (Steps.FirstOrDefault(step => step.Label == label)?.Cause is { } cause) _ = InvokeAsync(() => Chosen.InvokeAsync(cause));
    }
}
