using FinOps.Analytics.Prices;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

/// <summary>What is done on the page of a model.</summary>
public enum PriceAct
{
    Add,
    Change,
    End,
}

public sealed partial class PriceModelPage
{
    private const int ReasonShown = 40;

    private PriceModelPageModel _model = null!;
    private PriceAct? _form;
    private RecordedPrice? _row;
    private RecordedAlias? _alias;

    [Inject] private PriceBookReader Book { get; set; } = null!;
    [Inject] private PriceUses Uses { get; set; } = null!;
    [Inject] private ILogger<PriceModelPage> Logger { get; set; } = null!;

    protected override string Path => "/prices/model";

    /// <summary>Prices stand still under their reader's eyes; what failed is asked for again.</summary>
    protected override bool Refreshes => _model.History.Failure is not null || _model.Uses.Failure is not null;

    private bool MayEdit => Session?.May(AccessPolicies.ManagePrices) == true;

    private string? Label => _model.History.Value?.Prices.FirstOrDefault(row => row.TenantId is null) is { } listed
        ? string.Join(", ", new[] { listed.ModelName == listed.Model ? "" : listed.ModelName, listed.ContextWindow > 0 ? $"window of {Figures.Count(listed.ContextWindow)} tokens" : "", listed.Deprecated ? "deprecated" : "" }.Where(text => text.Length > 0)) is { Length: > 0 } label ? label : null
        : null;

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new PriceModelPageModel(Book, Uses, Time);
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Session.Tenant, Address, Asking(Logger, anew));

    private void Open(PriceAct act, RecordedPrice? row = null) => (_form, _row, _alias) = (act, row, null);

    private void OpenAlias(RecordedAlias alias) => (_form, _row, _alias) = (PriceAct.End, null, alias);

    private Task CloseFormAsync(PriceEditResult? saved)
    {
        (_form, _row, _alias) = (null, null, null);
        return saved is null ? Task.CompletedTask : ReloadAsync();
    }

    private static string CallsOf(PriceUse use) =>
        (ViewAddress.Empty with { Range = new RangeChoice("30d") }).Filter("model", use.Model).Filter("provider", use.Provider).To("/calls");

    private static string Cut(string reason) => reason.Length <= ReasonShown ? reason : reason[..ReasonShown] + "…";
}
