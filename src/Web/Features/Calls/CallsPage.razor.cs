using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.Calls;

public sealed partial class CallsPage
{
    /// <summary>Set by links from elsewhere; no control of the page shows it.</summary>
    private static readonly string[] OwnFilters = ["policy"];

    private CallsPageModel _model = null!;
    private IReadOnlyList<CallColumn> _columns = CallColumns.Usual;
    private string _search = "";

    [Inject] private CallsReader Calls { get; set; } = null!;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<CallsPage> Logger { get; set; } = null!;

    protected override string Path => "/calls";

    /// <summary>The newest page follows what arrives; an older one stands still.</summary>
    protected override bool Refreshes => Address.Get("after") is null || _model.Page.Failure is not null;

    /// <summary>Another question starts at its newest call.</summary>
    private ViewAddress Newest => Address.With("after", null);

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new CallsPageModel(Calls, Spend, Time);
        _search = Address.Get("search") ?? "";
    }

    protected override async Task OnInitializedAsync()
    {
        _columns = CallColumns.Recall(await Script.InvokeAsync<string?>("finops.recall", CallColumns.Memory), Reader.Narrow);
        await base.OnInitializedAsync();
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Session.Scope, Address, Reader.Zone, Asking(Logger, anew));

    private void Search() => Go(Newest.With("search", _search.Trim()));

    private ValueTask ToggleAsync(CallColumn column) => ShowAsync(CallColumns.Toggle(_columns, column));

    private ValueTask ShowAsync(IReadOnlyList<CallColumn> columns)
    {
        _columns = columns;
        return Script.InvokeVoidAsync("finops.remember", CallColumns.Memory, CallColumns.Remember(columns));
    }

    private string LinkOf(CallRow call) => Newest.To($"/calls/{call.Id}");

    private string Stamp(CallRow call) => TimeZoneInfo.ConvertTime(call.Start, Reader.Zone).ToString("d MMM, HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>What the sum row tells under a column; empty where a sum means nothing.</summary>
    private static string SumUnder(CallColumn column, SpendFigures sum) => column.Key switch
    {
        "input" => Figures.Count(sum.InputTokens),
        "cached" => Figures.Share(sum.CacheReadTokens, sum.InputTokens),
        "output" => Figures.Count(sum.OutputTokens),
        "reasoning" => Figures.Share(sum.ReasoningTokens, sum.OutputTokens),
        "cost" => Figures.Money(sum.Cost),
        _ => "",
    };
}
