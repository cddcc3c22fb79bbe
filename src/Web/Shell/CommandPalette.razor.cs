using FinOps.Analytics.Budgets;
using FinOps.Analytics.Spend;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace FinOps.Web.Shell;

public sealed partial class CommandPalette
{
    /// <summary>How long a typist pauses before the store is asked.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    private readonly CancellationTokenSource _left = new();
    private PaletteModel _model = null!;
    private TenantSession? _session;
    private IReadOnlyList<PaletteMatch> _matches = [];
    private string _text = "";
    private int _chosen;
    private int _typed;
    private bool _searching;
    private bool _openWhenFound;

    [Parameter, EditorRequired] public EventCallback Close { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private BudgetBook Budgets { get; set; } = null!;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<CommandPalette> Logger { get; set; } = null!;

    private string Text => _text.Trim();

    private ViewAddress Address => ViewAddress.Parse(Navigation.Uri);

    protected override async Task OnInitializedAsync()
    {
        _model = new PaletteModel(Spend, Budgets, Time);
        _session = await Tenant.FindAsync();
        Match();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender) await Script.InvokeVoidAsync("finops.enter", "palette-input");
    }

    private async Task TypedAsync()
    {
        var typed = ++_typed;
        _chosen = 0;
        _openWhenFound = false;
        _searching = Text.Length >= PaletteModel.LeastLetters;
        Match();
        if (!_searching) return;
        try
        {
            await Task.Delay(Pause, Time, _left.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (typed == _typed) await SearchAsync();
    }

    private async Task SearchAsync()
    {
        var typed = _typed;
        _searching = true;
        _session = await Tenant.GetAsync();
        var asking = new Asking(Logger, Anew: true, Match, _left.Token);
        await Task.WhenAll(_model.SearchAsync(_session.Scope, Text, Address, Reader.Zone, asking), _model.SearchBudgetsAsync(_session, Text, asking));
        if (typed != _typed || _left.IsCancellationRequested) return;
        _searching = false;
        Match();
        if (_openWhenFound && _matches.Count > 0) await OpenAsync(_matches[0].Link);
    }

    private void Match()
    {
        _matches = _model.Matches(Text, Address, _session);
        _chosen = Math.Min(_chosen, Math.Max(0, _matches.Count - 1));
    }

    private async Task OnKeyAsync(KeyboardEventArgs e)
    {
        switch (e.Key)
        {
            case "ArrowDown":
                await ChooseAsync(_chosen + 1);
                break;
            case "ArrowUp":
                await ChooseAsync(_chosen - 1);
                break;
            case "Enter" when _chosen < _matches.Count:
                await OpenAsync((e.CtrlKey || e.MetaKey ? _matches[_chosen].CallsLink : null) ?? _matches[_chosen].Link);
                break;
            case "Enter":
                // Typed faster than the store answers.
                _openWhenFound = _searching;
                break;
            case "Escape":
                await Close.InvokeAsync();
                break;
        }
    }

    private async Task ChooseAsync(int index)
    {
        _chosen = Math.Clamp(index, 0, Math.Max(0, _matches.Count - 1));
        await Script.InvokeVoidAsync("finops.reveal", OptionId(_chosen));
    }

    private async Task OpenAsync(string link)
    {
        await Close.InvokeAsync();
        Navigation.NavigateTo(link);
    }

    private static string OptionId(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"palette-match-{index}");

    public void Dispose()
    {
        _left.Cancel();
        _left.Dispose();
    }
}
