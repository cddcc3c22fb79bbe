using FinOps.Analytics.Audit;
using FinOps.Analytics.Reratings;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Reratings;

/// <summary>One re-rating: how far it is, what it changes, and the buttons of who may decide.</summary>
public sealed partial class ReratingPage
{
    public const string Address = "/prices/rerating";

    private sealed record Found(Rerating? Run, IReadOnlyList<ReratingDifference> Models, IReadOnlyList<ReratingDifference> Features);

    private readonly Loaded<Found> _found = new();
    private string? _problem;
    private bool _confirming;
    private bool _working;

    [Parameter] public Guid Id { get; set; }
    [Inject] private FinOps.Analytics.Reratings.Reratings Reratings { get; set; } = null!;
    [Inject] private ReratingReader Differences { get; set; } = null!;
    [Inject] private ILogger<ReratingPage> Logger { get; set; } = null!;

    public static string Of(Guid id) => $"{Address}/{id}";

    private Rerating? Run => _found.Value?.Run;

    /// <summary>It looks again while a worker is at it.</summary>
    protected override bool Refreshes => _found.Failure is not null || Run?.IsAtWork == true;

    protected override async Task LoadAsync(bool anew) => await _found.LoadAsync(FindAsync, Asking(Logger, anew));

    private async Task<Found> FindAsync(CancellationToken token)
    {
        if (await Reratings.FindAsync(Session.Tenant, Id, token) is not { } run) return new Found(null, [], []);
        return new Found(run, await Differences.DifferencesAsync(run, ReratingGroup.Model, token), await Differences.DifferencesAsync(run, ReratingGroup.Feature, token));
    }

    private bool MayCancel(Rerating run) => run.CanCancel && Session.May(run.State == ReratingState.Applying ? AccessPolicies.ApplyRerating : AccessPolicies.PreviewRerating);

    private Task ApplyAsync() => ActAsync(AccessPolicies.ApplyRerating, Reratings.ApplyAsync);

    private Task RevertAsync() => ActAsync(AccessPolicies.ApplyRerating, Reratings.RevertAsync);

    private Task CancelAsync() => Run is { } run && MayCancel(run) ? ActAsync(AccessPolicies.PreviewRerating, Reratings.CancelAsync) : Task.CompletedTask;

    /// <summary>Buttons are hidden from others; the circuit is not to be trusted with that.</summary>
    private async Task ActAsync(string policy, Func<TenantId, Guid, Actor, CancellationToken, Task<Rerating?>> act)
    {
        if (_working || !Session.May(policy)) return;
        (_working, _confirming, _problem) = (true, false, null);
        try
        {
            await act(Session.Tenant, Id, Session.Actor, CancellationToken.None);
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
        finally
        {
            _working = false;
        }

        await LoadAsync(anew: false);
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
