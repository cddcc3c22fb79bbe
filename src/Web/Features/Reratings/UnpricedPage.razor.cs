using FinOps.Analytics.Prices;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Unpriced;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Reratings;

/// <summary>The queue of names that no price matches. One click makes an alias, a form an own price; both open the preview of what they change.</summary>
public sealed partial class UnpricedPage
{
    private readonly Loaded<UnpricedAnswer> _unpriced = new();
    private string? _problem;
    private bool _working;
    private UnpricedModel? _pricing;

    [Inject] private UnpricedReader Unpriced { get; set; } = null!;
    [Inject] private ResolveUnpriced Resolve { get; set; } = null!;
    [Inject] private FinOps.Analytics.Reratings.Reratings Reratings { get; set; } = null!;
    [Inject] private ILogger<UnpricedPage> Logger { get; set; } = null!;

    protected override string Path => "/prices/unpriced";

    private TimeRange Shown => Address.Range(Time.GetUtcNow(), Reader.Zone);

    private string RangeNote => $"{Figures.Instant(Shown.From, Reader.Zone)} – {Figures.Instant(Shown.To, Reader.Zone)}, the most calls first";

    protected override async Task LoadAsync(bool anew) =>
        await _unpriced.LoadAsync(token => Unpriced.AskAsync(new UnpricedQuestion(Session.Tenant, Shown), token), Asking(Logger, anew));

    private string Calls(UnpricedModel model)
    {
        var address = Address.Unfiltered().Filter("model", model.Model).With("unpriced", "yes");
        return (model.Provider.Length == 0 ? address : address.Filter("provider", model.Provider)).To("/calls", own: true);
    }

    private Task AliasAsync(UnpricedModel model, UnpricedSuggestion suggestion) => DoAsync(AccessPolicies.ManagePrices, async () =>
    {
        var resolution = new UnpricedResolution(model.Provider, model.Model, suggestion.Model.Provider, suggestion.Model.Model);
        var done = await Resolve.AliasAsync(Session.Tenant, resolution, Shown, Session.Actor, CancellationToken.None);
        if (!done.Edit.IsDone) return done.Edit.Problem;
        if (done.Rerating is { } run) Navigation.NavigateTo(ReratingPage.Of(run.Id));
        return done.Problem is null ? null : $"The alias is made. {done.Problem}";
    });

    private void ShowPreview(UnpricedResolved made)
    {
        if (made.Rerating is { } run) Navigation.NavigateTo(ReratingPage.Of(run.Id));
        else _problem = $"The price is made. {made.Problem}";
    }

    private Task RerateAsync(UnpricedModel model) => DoAsync(AccessPolicies.PreviewRerating, async () =>
    {
        var request = new ReratingRequest(Shown, model.Provider, model.Model, $"{model.Model} has a price since");
        Navigation.NavigateTo(ReratingPage.Of((await Reratings.RequestAsync(Session.Tenant, request, Session.Actor, CancellationToken.None)).Id));
        return null;
    });

    /// <summary>Buttons are hidden from others; the circuit is not to be trusted with that.</summary>
    private async Task DoAsync(string policy, Func<Task<string?>> act)
    {
        if (_working || !Session.May(policy)) return;
        (_working, _problem) = (true, null);
        try
        {
            _problem = await act();
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
