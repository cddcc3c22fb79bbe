using FinOps.Analytics.Bills;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Bills;

public sealed partial class BillsPage
{
    private readonly Loaded<IReadOnlyList<Bill>> _bills = new();

    /// <summary>A closed month whose corrections are shown at once.</summary>
    [SupplyParameterFromQuery(Name = "month")] public string? Month { get; set; }

    [Inject] private Analytics.Bills.Bills Bills { get; set; } = null!;
    [Inject] private ILogger<BillsPage> Logger { get; set; } = null!;

    /// <summary>Bills come in by hand: the page asks again when one did.</summary>
    protected override bool Refreshes => _bills.Failure is not null;

    protected override Task LoadAsync(bool anew) => _bills.LoadAsync(token => Bills.ListAsync(Session.Tenant, token), Asking(Logger, anew));
}
