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

    [Parameter] public IReadOnlyList<string> Sellers { get; set; } = [];

    /// <summary>Given for a form that is about one model.</summary>
    [Parameter] public string? Seller { get; set; }
    [Parameter] public string? Model { get; set; }
    [Inject] private Tenants Tenants { get; set; } = null!;

    private protected override string Why => _form.Reason;

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

    private void SetDays(string? from, string? to)
    {
        (_form.From, _form.To) = (from ?? "", to ?? "");
        Touch();
    }

    private protected override string? FindProblem() => _form.FindProblem();

    private protected override async Task<PriceEditResult> ApplyAsync(TenantSession session, PriceEdit edit)
    {
        if (_form.Kind == PriceFormKind.Alias)
        {
            var (alias, problem) = _form.ToAlias();
            return alias is null ? new PriceEditResult(PriceEditOutcome.Refused, problem) : await Edit.AddAliasAsync(session.Tenant, alias, edit, CancellationToken.None);
        }

        var (row, wrong) = _form.ToRow();
        return row is null ? new PriceEditResult(PriceEditOutcome.Refused, wrong) : await Edit.AddPriceAsync(session.Tenant, row, edit, CancellationToken.None);
    }
}
