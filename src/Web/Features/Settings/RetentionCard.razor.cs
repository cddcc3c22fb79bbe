using System.Globalization;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Settings;

/// <summary>How long the organisation's data is kept. A change is saved only after its effect was shown.</summary>
public sealed partial class RetentionCard
{
    private readonly Loaded<RetentionState> _state = new();
    private RetentionDays _form = new(0, 0, 0, 0, 0, 0);
    private IReadOnlyDictionary<RetentionClass, long>? _preview;
    private string? _problem;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private Retentions Retentions { get; set; } = null!;
    [Inject] private IOptions<RetentionOptions> Options { get; set; } = null!;
    [Inject] private ILogger<RetentionCard> Logger { get; set; } = null!;

    private string Undo => string.Create(CultureInfo.InvariantCulture, $"They go for good, at the earliest {Options.Value.UndoHours} hours from now; until then setting it back loses nothing.");

    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        await _state.LoadAsync(token => Retentions.FindAsync(Session.Tenant, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));
        if (_state.Value is { } state) _form = state.Days;
    }

    private void Change(RetentionClass kept, object? value)
    {
        (_preview, _problem) = (null, null);
        if (int.TryParse(value as string, NumberStyles.None, CultureInfo.InvariantCulture, out var days)) _form = _form.With(kept, days);
    }

    private void TakeBack() => (_form, _preview, _problem) = (_state.Value!.Days, null, null);

    private async Task AskAsync()
    {
        _problem = _form.FindProblem();
        _preview = _problem is null ? await Retentions.PreviewAsync(Session.Tenant, _form, CancellationToken.None) : null;
    }

    private async Task SaveAsync()
    {
        // The card is hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageData)) return;
        try
        {
            await Retentions.SetAsync(Session.Tenant, _form, Session.Actor, CancellationToken.None);
            _preview = null;
            await LoadAsync();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }

    internal static IReadOnlyList<string> Removed(IReadOnlyDictionary<RetentionClass, long> preview) =>
        [.. preview.Where(rows => rows.Value > 0).OrderBy(rows => rows.Key).Select(rows => $"{Figures.Count(rows.Value)} {Noun(rows.Key)}")];

    private static string Noun(RetentionClass kept) => kept switch
    {
        RetentionClass.Calls => "calls (their sums stay)",
        RetentionClass.Links => "places in traces",
        RetentionClass.IngestEvents => "minutes of ingest events",
        RetentionClass.ResourceSamples => "samples",
        RetentionClass.CallSamples => "prompts and answers",
        _ => "sums",
    };

    private static string Help(RetentionClass kept) => kept switch
    {
        RetentionClass.Calls => "Every call with what was told of it. When they go, lists, traces, sessions and questions that need single calls end there; spend by feature, team, model, customer and user stays.",
        RetentionClass.Links => "Where other spans stand in a trace; without it calls that arrive later inherit nothing from them.",
        RetentionClass.IngestEvents => "What arrived and was refused, for Ingest health.",
        RetentionClass.ResourceSamples => "GPUs, inference servers and vector databases.",
        RetentionClass.CallSamples => "Prompts and answers of projects that have opted in below; none goes later than its call.",
        _ => "Spend by quarter hour, hour and day, with names of users. Not less than calls.",
    };
}
