using FinOps.Analytics.Prices;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

public sealed partial class PriceForm
{
    private static readonly (PriceFormKind Kind, string Name)[] Kinds =
        [(PriceFormKind.Price, "Price"), (PriceFormKind.Discount, "Percentage discount"), (PriceFormKind.Alias, "Alias for a deployment or fine-tuned name")];

    private readonly PriceFormModel _form = new();
    private IReadOnlyList<(ProjectId Id, string Name)> _projects = [];
    private PriceEditResult? _result;
    private PriceEffect? _effect;
    private bool _touched;
    private bool _working;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [Parameter] public IReadOnlyList<string> Sellers { get; set; } = [];

    /// <summary>Given for a form that is about one model.</summary>
    [Parameter] public string? Seller { get; set; }
    [Parameter] public string? Model { get; set; }

    /// <summary>Tells what was saved; null where nothing was.</summary>
    [Parameter] public EventCallback<PriceEditResult?> Closed { get; set; }
    [Inject] private EditPrices Edit { get; set; } = null!;
    [Inject] private PriceUses Uses { get; set; } = null!;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private CurrentTenant Current { get; set; } = null!;

    private string Help => _form.Kind switch
    {
        PriceFormKind.Alias => "Calls under the told name are priced as the model behind it, with its tiers and context steps.",
        PriceFormKind.Discount => "A share off everything that a call costs at this seller, as a line of its own.",
        _ => "Goes before the list's price of the same meter; the model's other meters keep theirs.",
    };

    protected override async Task OnInitializedAsync()
    {
        (_form.Seller, _form.Model) = (Seller ?? "", Model ?? "");
        _projects = await Tenants.ProjectsAsync(Session.Tenant, CancellationToken.None);
    }

    private void Choose(PriceFormKind kind)
    {
        (_form.Kind, _form.Match) = (kind, kind == PriceFormKind.Alias ? NameMatch.Equals : NameMatch.Entry);
        (_result, _effect) = (null, null);
    }

    /// <summary>What was shown is no longer what would be saved.</summary>
    private void Touch() => (_touched, _result, _effect) = (true, null, null);

    private void SetDays(string? from, string? to)
    {
        (_form.From, _form.To) = (from ?? "", to ?? "");
        Touch();
    }

    private async Task PreviewAsync()
    {
        _touched = true;
        if (_working || _form.FindProblem() is not null) return;
        _working = true;
        try
        {
            (_result, _effect) = (await ApplyAsync(onlyPreview: true), null);
            if (_result.IsDone) _effect = await Uses.EstimateAsync(Session.Tenant, _result, CancellationToken.None);
        }
        finally
        {
            _working = false;
        }
    }

    private async Task SaveAsync()
    {
        if (_working) return;
        _working = true;
        try
        {
            var saved = await ApplyAsync(onlyPreview: false);
            if (saved.IsDone) await Closed.InvokeAsync(saved);
            else (_result, _effect) = (saved, null);
        }
        finally
        {
            _working = false;
        }
    }

    private async Task<PriceEditResult> ApplyAsync(bool onlyPreview)
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        var session = await Current.GetAsync();
        if (!session.May(AccessPolicies.ManagePrices)) return new PriceEditResult(PriceEditOutcome.Refused, "You may not change prices.");
        var edit = new PriceEdit(session.Actor, _form.Reason) { OnlyPreview = onlyPreview };
        if (_form.Kind == PriceFormKind.Alias)
        {
            var (alias, problem) = _form.ToAlias();
            return alias is null ? new PriceEditResult(PriceEditOutcome.Refused, problem) : await Edit.AddAliasAsync(session.Tenant, alias, edit, CancellationToken.None);
        }

        var (row, wrong) = _form.ToRow();
        return row is null ? new PriceEditResult(PriceEditOutcome.Refused, wrong) : await Edit.AddPriceAsync(session.Tenant, row, edit, CancellationToken.None);
    }
}
