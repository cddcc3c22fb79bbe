using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Prices;

public sealed partial class PriceChangePage
{
    private const int PageSize = 200;

    private readonly Loaded<Found> _difference = new();
    private string _reason = "";
    private string? _problem;
    private bool _working;

    [Parameter] public long Id { get; set; }
    [Inject] private PriceBookReader Book { get; set; } = null!;
    [Inject] private EditPrices Edit { get; set; } = null!;
    [Inject] private ILogger<PriceChangePage> Logger { get; set; } = null!;

    protected override string Path => string.Create(CultureInfo.InvariantCulture, $"/prices/changes/{Id}");

    /// <summary>What was done does not change.</summary>
    protected override bool Refreshes => _difference.Failure is not null;

    private int PageNumber => int.TryParse(Address.Get("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page is > 0 and < 100_000 ? page : 1;

    private bool MayUndo => _difference.Value?.Difference is { IsLast: true } && Session.May(AccessPolicies.ManagePrices);

    private string? Note => _difference.Value?.Difference is { Change: var change }
        ? string.Create(CultureInfo.InvariantCulture, $"{change.RowsAdded:N0} added, {change.RowsSuperseded:N0} superseded")
        : null;

    protected override Task LoadAsync(bool anew) => _difference.LoadAsync(
        async token => new Found(await Book.DifferenceAsync(Session.Tenant, Id, (PageNumber - 1) * PageSize, PageSize, token)), Asking(Logger, anew));

    private async Task UndoAsync()
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        var session = await Tenant.GetAsync();
        if (_working || !session.May(AccessPolicies.ManagePrices)) return;
        _working = true;
        try
        {
            var undone = await Edit.UndoAsync(session.Tenant, Id, new PriceEdit(session.Actor, _reason), CancellationToken.None);
            if (undone.IsDone) Navigation.NavigateTo(string.Create(CultureInfo.InvariantCulture, $"/prices/changes/{undone.BookVersion}"), forceLoad: true);
            else _problem = undone.Problem;
        }
        finally
        {
            _working = false;
        }
    }

    private string PageLink(int page) => Address.With("page", page.ToString(CultureInfo.InvariantCulture)).To(Path, own: true);

    private bool IsNew(DateTimeOffset recordedAt) => recordedAt == _difference.Value!.Difference!.Change.ChangedAt;

    private sealed record Found(PriceDifference? Difference);
}
