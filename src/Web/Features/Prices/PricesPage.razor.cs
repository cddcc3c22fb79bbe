using FinOps.Analytics.Prices;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

public sealed partial class PricesPage
{
    private PricesPageModel _model = null!;
    private string _search = "";
    private bool _adding;

    [Inject] private PriceBookReader Book { get; set; } = null!;
    [Inject] private PriceUses Uses { get; set; } = null!;
    [Inject] private ILogger<PricesPage> Logger { get; set; } = null!;

    protected override string Path => "/prices";

    /// <summary>Prices stand still under their reader's eyes; what failed is asked for again.</summary>
    protected override bool Refreshes => _model.Page.Failure is not null || _model.Uses.Failure is not null;

    /// <summary>Another question starts at its first page.</summary>
    private ViewAddress First => Address.With("after", null);

    protected override void OnInitialized()
    {
        base.OnInitialized();
        _model = new PricesPageModel(Book, Uses, Time);
        _search = Address.Get("search") ?? "";
    }

    protected override Task LoadAsync(bool anew) => _model.LoadAsync(Session.Tenant, Address, Asking(Logger, anew));

    private void Search() => Go(First.With("search", _search.Trim()));

    private Task CloseFormAsync(PriceEditResult? saved)
    {
        _adding = false;
        return saved is null ? Task.CompletedTask : ReloadAsync();
    }
}
