using System.Globalization;
using Microsoft.AspNetCore.Components;
using Plotly.Blazor;
using Plotly.Blazor.Interop;
using Plotly.Blazor.LayoutLib;
using Plotly.Blazor.Traces;
using Plotly.Blazor.Traces.BarLib;

namespace FinOps.Web.Parts;

public sealed partial class SpendBars
{
    /// <summary>Costs of one member, in the order of the periods; the key is null for all that are not named.</summary>
    public sealed record Member(string? Key, string Label, IReadOnlyList<decimal> Costs, string Color);

    /// <summary>Those of the page: the chart's own default is another one.</summary>
    private const string Fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

    private readonly string _id = "bars-" + Guid.NewGuid().ToString("N");
    private IList<ITrace> _data = [];
    private Layout _layout = new();
    /// <summary>Between two clicks that are one double click, as long as desktops give. Plotly's own 300 ms are too short for some hands.</summary>
    private const int DoubleClickMilliseconds = 500;

    private readonly Config _config = new() { Responsive = true, DisplayModeBar = Plotly.Blazor.ConfigLib.DisplayModeBarEnum.False, DisplayLogo = false, DoubleClickDelay = DoubleClickMilliseconds };
    private PlotlyChart? _chart;

    /// <summary>Pixels of a saved chart, for screens of twice the density.</summary>
    private const uint PictureWidth = 1920;
    private const uint PictureHeight = 800;
    private bool _ready;
    private bool _subscribed;
    private bool _redraw;
    private (IReadOnlyList<string>, IReadOnlyList<Member>, decimal?, bool) _drawn;

    /// <summary>What stands on the axis, for example "22 Nov".</summary>
    [Parameter, EditorRequired] public required IReadOnlyList<string> Periods { get; set; }
    [Parameter, EditorRequired] public required IReadOnlyList<Member> Series { get; set; }
    [Parameter] public string PeriodHead { get; set; } = "Period";
    [Parameter] public int Height { get; set; } = 264;

    /// <summary>Where the axis ends; bars beyond it are broken there. Null = every bar is whole.</summary>
    [Parameter] public decimal? CutAt { get; set; }

    /// <summary>A bar was clicked: the member's key and the index of its period.</summary>
    [Parameter] public EventCallback<(string? Member, int Period)> Chosen { get; set; }

    /// <summary>A range of periods was dragged over: first and last index.</summary>
    [Parameter] public EventCallback<(int First, int Last)> RangeChosen { get; set; }

    /// <summary>The plot was clicked twice.</summary>
    [Parameter] public EventCallback RangeReset { get; set; }

    /// <summary>What is said right under the chart.</summary>
    [Parameter] public RenderFragment? ChildContent { get; set; }

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;

    private string Card => Reader.Dark ? "#181F28" : "#FFFFFF";

    protected override void OnParametersSet()
    {
        if (_drawn == (Periods, Series, CutAt, Reader.Dark)) return;
        _drawn = (Periods, Series, CutAt, Reader.Dark);
        var ink = Reader.Dark ? "#B6C0CE" : "#55606F";
        var line = Reader.Dark ? "#2A3340" : "#E6EAF0";
        _data = [.. Series.Select(s => (ITrace)new Bar
        {
            Name = s.Label,
            X = [.. Periods.Select(p => (object)p)],
            Y = [.. s.Costs.Select(c => (object)c)],
            Marker = new Marker { Color = s.Color },
            HoverTemplate = "%{fullData.name}  <b>$%{y:,.4~g}</b><extra></extra>",
        })];
        _layout = new Layout
        {
            BarMode = BarModeEnum.Stack,
            BarGap = 0.25m,
            AutoSize = true,
            // The card's, so that a picture of the chart can be read wherever it is put.
            PaperBgColor = Card,
            PlotBgColor = "rgba(0,0,0,0)",
            Font = new Font { Family = Fonts, Size = 12, Color = ink },
            Margin = new Margin { L = 56, R = 20, T = CutAt is null ? 8 : 24, B = 32 },
            HoverMode = HoverModeEnum.XUnified,
            DragMode = RangeChosen.HasDelegate ? DragModeEnum.Zoom : DragModeEnum.False,
            HoverLabel = new Plotly.Blazor.LayoutLib.HoverLabel { BgColor = Reader.Dark ? "#1B222C" : "#FFFFFF", BorderColor = line, Font = new Plotly.Blazor.LayoutLib.HoverLabelLib.Font { Color = Reader.Dark ? "#E8ECF2" : "#1C2430" } },
            // The legend is text of the page: it wraps on a phone, and is read by those who cannot see the chart.
            ShowLegend = false,
            XAxis = [new XAxis { Type = Plotly.Blazor.LayoutLib.XAxisLib.TypeEnum.Category, FixedRange = !RangeChosen.HasDelegate, ShowGrid = false, LineColor = line, TickFont = new Plotly.Blazor.LayoutLib.XAxisLib.TickFont { Color = ink }, NTicks = Periods.Count > 12 ? 6 : 12, AutoMargin = Plotly.Blazor.LayoutLib.XAxisLib.AutoMarginFlag.Height }],
            YAxis = [new YAxis { TickPrefix = "$", FixedRange = true, GridColor = line, ZeroLine = false, TickFont = new Plotly.Blazor.LayoutLib.YAxisLib.TickFont { Color = ink }, NTicks = 5 }],
            Separators = ".,",
        };
        if (CutAt is { } cut) BreakBars(cut, ink);
        _redraw = _ready;
        _ready = true;
    }

    /// <summary>Ends the axis; each bar beyond it gets a gap of the card's colour, as a torn paper would, and its whole sum.</summary>
    private void BreakBars(decimal cut, string ink)
    {
        _layout.YAxis[0].Range = [0, cut];
        _layout.Shapes = [];
        _layout.Annotations = [];
        for (var i = 0; i < Periods.Count; i++)
        {
            var sum = Series.Sum(s => s.Costs[i]);
            if (sum <= cut) continue;
            _layout.Shapes.Add(new Shape
            {
                Type = Plotly.Blazor.LayoutLib.ShapeLib.TypeEnum.Rect,
                X0 = i - 0.5m,
                X1 = i + 0.5m,
                Y0 = cut * 0.86m,
                Y1 = cut * 0.885m,
                FillColor = Card,
                Line = new Plotly.Blazor.LayoutLib.ShapeLib.Line { Width = 0 },
            });
            _layout.Annotations.Add(new Annotation
            {
                X = Periods[i],
                Y = cut,
                YAnchor = Plotly.Blazor.LayoutLib.AnnotationLib.YAnchorEnum.Bottom,
                ShowArrow = false,
                Text = "↑ " + Figures.MoneyShort(sum),
                Font = new Plotly.Blazor.LayoutLib.AnnotationLib.Font { Color = ink, Size = 12 },
            });
        }
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!_redraw || _chart is null) return;
        _redraw = false;
        await _chart.React();
    }

    private async Task SaveAsync()
    {
        if (_chart is not null) await _chart.DownloadImage(ImageFormat.Png, PictureHeight, PictureWidth, "cost over time");
    }

    private void OnDrawn()
    {
        if (_subscribed || _chart is null) return;
        _subscribed = true;
        _ = InvokeAsync(async () =>
        {
            await _chart.SubscribeClickEvent();
            if (RangeChosen.HasDelegate) await _chart.SubscribeRelayoutEvent();
        });
    }

    private void OnClick(IEnumerable<EventDataPoint> points)
    {
        var point = points.FirstOrDefault();
        if (point?.X is null || point.TraceIndex >= Series.Count) return;
        var period = Index(point.X.ToString());
        if (period >= 0) _ = InvokeAsync(() => Chosen.InvokeAsync((Series[point.TraceIndex].Key, period)));
    }

    private void OnRelayout(RelayoutEventData data)
    {
        // A double click: Plotly takes the clicks for itself, and asks for the whole axis.
        if (data.RawData?.ContainsKey("xaxis.autorange") == true) _ = InvokeAsync(RangeReset.InvokeAsync);
        if (data.XRange is not { Length: 2 } range || !Number(range[0], out var first) || !Number(range[1], out var last)) return;
        var from = Math.Clamp((int)Math.Ceiling(first - 0.5), 0, Periods.Count - 1);
        var to = Math.Clamp((int)Math.Floor(last + 0.5), from, Periods.Count - 1);
        _ = InvokeAsync(() => RangeChosen.InvokeAsync((from, to)));
    }

    private int Index(string? period)
    {
        for (var i = 0; i < Periods.Count; i++)
            if (Periods[i] == period) return i;
        return -1;
    }

    private static bool Number(object? value, out double number) =>
        double.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
