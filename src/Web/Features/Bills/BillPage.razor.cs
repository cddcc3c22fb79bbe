using FinOps.Analytics.Bills;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Bills;

public sealed partial class BillPage
{
    /// <summary>Rows of a table; the filter finds the others.</summary>
    private const int MaxRows = 200;

    /// <summary>A month of calls is read and explained for it. Default 2 minutes.</summary>
    private static readonly TimeSpan CompareTimeout = TimeSpan.FromMinutes(2);

    private readonly Loaded<Found> _found = new(CompareTimeout);
    private readonly HashSet<string> _chosen = new(StringComparer.Ordinal);
    private IReadOnlyList<BillStep> _steps = [];
    private IReadOnlyList<PlannedAdjustment> _planned = [];
    private List<UnmappedWords> _unmapped = [];
    private List<string> _models = [];
    private string _filter = "";
    private string _reason = "";
    private string _why = "";
    private string? _said;
    private bool _withdrawing;

    [Parameter] public Guid Id { get; set; }
    [Inject] private ReconcileBill Reconcile { get; set; } = null!;
    [Inject] private Adjustments Adjustments { get; set; } = null!;
    [Inject] private Analytics.Bills.Bills Bills { get; set; } = null!;
    [Inject] private ILogger<BillPage> Logger { get; set; } = null!;

    /// <summary>Without a dossier there is no such bill, or it could not be compared: the problem says why.</summary>
    private sealed record Found(BillDossier? Dossier, string? Problem);

    private sealed class UnmappedWords(string provider, string sku, decimal billed)
    {
        public string Provider => provider;
        public string Sku => sku;
        public decimal Billed => billed;
        public string Model { get; set; } = "";
        public Meter? Meter { get; set; }
        public bool Batch { get; set; }
    }

    /// <summary>It is compared when the page is opened and after each change: nothing moves under the eyes of who decides.</summary>
    protected override bool Refreshes => false;

    private bool May => Session is not null && Session.May(AccessPolicies.ManageBills);

    private bool CanAccept => May && _found.Value?.Dossier?.Bill.EndedAt is null;

    private List<ReconciledRow> Filtered => _found.Value?.Dossier is not { } dossier ? [] : [.. dossier.Reconciled.Rows.Where(row => _filter.Length == 0
        || row.Model.Contains(_filter, StringComparison.OrdinalIgnoreCase) || row.Sku.Contains(_filter, StringComparison.OrdinalIgnoreCase)
        || row.Causes.Any(cause => BillWords.Of(cause.Cause).Contains(_filter, StringComparison.OrdinalIgnoreCase)))];

    protected override async Task LoadAsync(bool anew)
    {
        await _found.LoadAsync(async token =>
        {
            try
            {
                return new Found(await Reconcile.OpenAsync(Session.Tenant, Id, token), null);
            }
            catch (TenancyException refusal)
            {
                return new Found(null, refusal.Message);
            }
        }, Asking(Logger, anew));
        if (_found.Value?.Dossier is not { } dossier) return;
        _steps = BillStep.Of(dossier);
        _unmapped = [.. dossier.Reconciled.Rows.Where(row => row.Causes.Any(cause => cause.Cause == ResidualCause.Unmapped)).GroupBy(row => (row.Provider, row.Sku))
            .Select(group => new UnmappedWords(group.Key.Provider, group.Key.Sku, group.Sum(row => row.Billed)))];
        _models = [.. dossier.Reconciled.Rows.Select(row => row.Model).Where(model => model.Length != 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Plan();
        // The answer was drawn as it came, before what is computed from it.
        StateHasChanged();
    }

    private void Choose(string cause, bool chosen)
    {
        if (chosen) _chosen.Add(cause);
        else _chosen.Remove(cause);
        Plan();
    }

    private List<ResidualCause?> Causes() => [.. _chosen.Select(name => Enum.TryParse<ResidualCause>(name, out var cause) ? cause : (ResidualCause?)null)];

    private void Plan() => _planned = _found.Value?.Dossier is { } dossier ? Adjustments.Plan(dossier.Reconciled, Causes(), dossier.Adjustments) : [];

    private async Task AcceptAsync()
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        if (!May || _found.Value?.Dossier is not { } dossier || _chosen.Count == 0) return;
        try
        {
            var added = await Adjustments.AcceptAsync(Session.Tenant, Id, dossier.Reconciled, Causes(), _reason, Session.Actor, CancellationToken.None);
            _said = $"Accepted: {BillWords.Signed(added.Sum(line => line.Amount))} stands beside the figures now.";
            _chosen.Clear();
            _reason = "";
        }
        catch (TenancyException refusal)
        {
            _said = refusal.Message;
        }

        await LoadAsync(anew: false);
    }

    private async Task MapAsync(UnmappedWords words)
    {
        if (!May) return;
        try
        {
            await Bills.MapWordsAsync(Session.Tenant, words.Provider, words.Sku, new SkuReading(words.Model, words.Meter, "", words.Batch), Session.Actor, CancellationToken.None);
        }
        catch (TenancyException refusal)
        {
            _said = refusal.Message;
        }

        await LoadAsync(anew: false);
    }

    private async Task WithdrawAsync(Adjustment line)
    {
        if (!May) return;
        await Adjustments.WithdrawAsync(Session.Tenant, line.Id, "taken back on the bill's page", Session.Actor, CancellationToken.None);
        await LoadAsync(anew: false);
    }

    private async Task WithdrawBillAsync()
    {
        if (!May) return;
        await Bills.WithdrawAsync(Session.Tenant, Id, _why, Session.Actor, CancellationToken.None);
        _withdrawing = false;
        await LoadAsync(anew: false);
    }

    private bool CanWithdraw(Adjustment line) => line.Reverses is null && !_found.Value!.Dossier!.Adjustments.Any(other => other.Reverses == line.Id);

    private static string Units(decimal? units) => units is { } known ? Figures.Count((long)Math.Round(known)) : "–";

    private static string CallsOf(ReconciledRow row)
    {
        var period = ViewAddress.Empty with { Range = new RangeChoice(RangeChoice.Custom, row.From, row.To) };
        return (row.OurModels.Count == 1 ? period.Filter("model", row.OurModels[0]) : period).To("/calls");
    }
}
