using FinOps.Analytics.Commitments;
using FinOps.Analytics.PriceTimelines;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

/// <summary>Commitments to sellers: how they are used, add, change, end, undo, history.</summary>
public sealed partial class CommitmentsPage
{
    private readonly Loaded<CommitmentsPageModel.Known> _state = new();
    private TenantSession? _session;
    private CommitmentForm? _form;
    private RecordedCommitment? _ending;
    private string _endReason = "";
    private List<RecordedCommitment>? _history;
    private string? _preview;
    private string? _previewed;
    private string? _problem;
    private string? _done;

    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private CurrentTenant Tenant { get; set; } = null!;
    [Inject] private Commitments Commitments { get; set; } = null!;
    [Inject] private CommitmentReader Use { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<CommitmentsPage> Logger { get; set; } = null!;

    private bool MayEdit => _session?.May(AccessPolicies.ManagePrices) == true;

    protected override async Task OnInitializedAsync()
    {
        _session = await Tenant.GetAsync();
        await LoadAsync();
    }

    private Task LoadAsync() => _state.LoadAsync(
        token => CommitmentsPageModel.AskAsync(Commitments, Use, _session!.Tenant, Time.GetUtcNow(), token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private void New() => Open(CommitmentForm.New(Time.GetUtcNow()));

    private void Change(RecordedCommitment row) => Open(CommitmentForm.Of(row, Time.GetUtcNow()));

    private void Open(CommitmentForm form) => (_form, _ending, _preview, _previewed, _problem, _done) = (form, null, null, null, null, null);

    private void Close() => (_form, _ending, _preview, _previewed, _problem) = (null, null, null, null, null);

    /// <summary>First what it would have covered; what was shown is saved by the second press.</summary>
    private async Task SubmitAsync()
    {
        // Buttons are hidden from others; the circuit is not to be trusted with that.
        if (!MayEdit || _form is not { } form) return;
        _problem = null;
        if (form.ToCommitment() is not { } wanted)
        {
            _problem = "Say what is promised.";
            return;
        }

        var (rated, noRate) = await Commitments.WithRateAsync(_session!.Tenant, wanted, CancellationToken.None);
        if ((noRate ?? rated!.FindProblem()) is { } problem)
        {
            _problem = problem;
            return;
        }

        if (_previewed != form.Signature)
        {
            (_preview, _previewed) = (CommitmentsPageModel.Preview(await Use.PreviewAsync(_session.Tenant, rated!, CancellationToken.None)), form.Signature);
            return;
        }

        var edit = new ResourcePriceEdit(_session.Actor, form.Reason);
        await ShowAsync(form.Seen?.Id, form.Seen is { } seen
            ? await Commitments.ChangeAsync(_session.Tenant, seen, rated!, form.ChangeFrom, edit, CancellationToken.None)
            : await Commitments.AddAsync(_session.Tenant, rated!, edit, CancellationToken.None));
    }

    private void AskEnd(RecordedCommitment row) => (_ending, _endReason, _form, _problem, _done) = (row, "", null, null, null);

    private async Task EndAsync()
    {
        if (!MayEdit || _ending is not { } row) return;
        var at = CommitmentsPageModel.EarliestEnd(row, Time.GetUtcNow());
        await ShowAsync(row.Id, await Commitments.EndAsync(_session!.Tenant, new SeenResourcePrice(row.Id, row.Change), at, new ResourcePriceEdit(_session.Actor, _endReason), CancellationToken.None));
    }

    private async Task UndoAsync(RecordedCommitment row)
    {
        if (!MayEdit) return;
        await ShowAsync(row.Id, await Commitments.UndoAsync(_session!.Tenant, new SeenResourcePrice(row.Id, row.SupersededBy ?? row.Change), new ResourcePriceEdit(_session.Actor, "undone on the page of commitments"), CancellationToken.None));
    }

    /// <summary>With the history of what was changed: there the change can be undone, also of a commitment that is gone from the list.</summary>
    private async Task ShowAsync(Guid? changed, ResourcePriceResult<RecordedCommitment> result)
    {
        _problem = result.Problem;
        if (result.Outcome != ResourcePriceOutcome.Done) return;
        (_form, _ending, _preview, _previewed, _done) = (null, null, null, null, "Saved. The cost of calls stays as it is; what is unused is told anew.");
        _history = changed is { } id ? await Commitments.HistoryAsync(_session!.Tenant, id, CancellationToken.None) : null;
        await LoadAsync();
    }

    private async Task ShowHistoryAsync(RecordedCommitment row) => _history = await Commitments.HistoryAsync(_session!.Tenant, row.Id, CancellationToken.None);

    /// <summary>The latest change of the history that is shown: the one that can be undone.</summary>
    private RecordedCommitment? Latest => _history?.MaxBy(row => row.SupersededBy ?? row.Change);
}
