using FinOps.Analytics.Reratings;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Reratings;

/// <summary>Lists re-ratings, and starts a preview of the range that the header shows.</summary>
public sealed partial class ReratingsPage
{
    private readonly Loaded<IReadOnlyList<Rerating>> _runs = new();
    private string _model = "";
    private string _reason = "";
    private string? _problem;
    private bool _working;

    [Inject] private FinOps.Analytics.Reratings.Reratings Book { get; set; } = null!;
    [Inject] private ILogger<ReratingsPage> Logger { get; set; } = null!;

    protected override string Path => ReratingPage.Address;

    private TimeRange Shown => Address.Range(Time.GetUtcNow(), Reader.Zone);

    private string RangeNote => $"calls from {Figures.Instant(Shown.From, Reader.Zone)} to {Figures.Instant(Shown.To, Reader.Zone)}: the time range of the header";

    protected override async Task LoadAsync(bool anew) => await _runs.LoadAsync(token => Book.ListAsync(Session.Tenant, token), Asking(Logger, anew));

    private async Task RequestAsync()
    {
        // The form is hidden from others; the circuit is not to be trusted with that.
        if (_working || !Session.May(AccessPolicies.PreviewRerating)) return;
        (_working, _problem) = (true, null);
        try
        {
            var request = new ReratingRequest(Shown, null, _model.Trim() is { Length: > 0 } model ? model : null, _reason);
            Navigation.NavigateTo(ReratingPage.Of((await Book.RequestAsync(Session.Tenant, request, Session.Actor, CancellationToken.None)).Id));
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
        finally
        {
            _working = false;
        }
    }
}
