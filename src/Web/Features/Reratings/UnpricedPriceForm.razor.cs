using FinOps.Analytics.Prices;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Unpriced;
using FinOps.Domain.Pricing;
using FinOps.Web.Authentication;
using FinOps.Web.Features.Prices;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Reratings;

public sealed partial class UnpricedPriceForm
{
    private UnpricedPriceModel _form = null!;
    private ElementReference _title;

    [Parameter, EditorRequired] public required UnpricedModel Of { get; set; }

    /// <summary>The calls of this range are rated anew in the preview.</summary>
    [Parameter, EditorRequired] public required TimeRange Range { get; set; }

    /// <summary>Told when the prices are made, with the preview that was started.</summary>
    [Parameter] public EventCallback<UnpricedResolved> Priced { get; set; }
    [Inject] private ResolveUnpriced Resolve { get; set; } = null!;

    private protected override string Why => _form.Reason;

    private string Help => string.Join(' ', (string[])
    [
        _form.Example is { } example ? $"Filled with what {example.Model.Model} of {example.Model.Provider} costs: change what you agreed otherwise." : "USD, for exactly this name. A meter without an amount gets no price.",
        Of.Provider.Length == 0 ? "No provider was told: such calls are priced only if the seller is one who makes models, for example openai or anthropic." : "",
    ]).Trim();

    protected override void OnInitialized() => _form = UnpricedPriceModel.For(Of);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender) await _title.FocusAsync();
    }

    private void SetDays(string? from, string? to)
    {
        (_form.From, _form.To) = (from ?? "", to ?? "");
        Touch();
    }

    private void Add()
    {
        _form.Add();
        Touch();
    }

    private protected override string? FindProblem() => _form.FindProblem();

    private protected override async Task<PriceEditResult> ApplyAsync(TenantSession session, PriceEdit edit)
    {
        var (rows, problem) = _form.ToRows();
        if (rows is null) return new PriceEditResult(PriceEditOutcome.Refused, problem);
        if (edit.OnlyPreview) return await Edit.AddPricesAsync(session.Tenant, rows, edit, CancellationToken.None);
        var made = await Resolve.PriceAsync(session.Tenant, new UnpricedPricing(Of.Provider, Of.Model, rows), Range, edit, CancellationToken.None);
        if (made.Edit.IsDone) await Priced.InvokeAsync(made);
        return made.Edit;
    }
}
