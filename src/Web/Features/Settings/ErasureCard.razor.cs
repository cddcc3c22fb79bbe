using FinOps.Analytics.Deletion;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;

namespace FinOps.Web.Features.Settings;

/// <summary>Erases a user of the organisation's calls, after it was shown how many rows name them.</summary>
public sealed partial class ErasureCard
{
    private readonly Loaded<IReadOnlyList<UserErasure>> _erasures = new();
    private string _user = "";
    private bool _deletesCalls;
    private long? _preview;
    private string? _problem;

    [Inject] private UserErasures Erasures { get; set; } = null!;
    [Inject] private ILogger<ErasureCard> Logger { get; set; } = null!;

    /// <summary>It looks again while an erasure is under way.</summary>
    protected override bool Refreshes => _erasures.Failure is not null || _erasures.Value?.Any(erasure => erasure.FinishedAt is null) == true;

    protected override async Task LoadAsync(bool anew)
    {
        await _erasures.LoadAsync(token => Erasures.ListAsync(Session.Tenant, token), Asking(Logger, anew));
    }

    private Task AgainAsync() => LoadAsync(anew: false);

    private void TakeBack() => (_preview, _problem) = (null, null);

    private void Choose(bool deletesCalls)
    {
        _deletesCalls = deletesCalls;
        TakeBack();
    }

    private async Task AskAsync()
    {
        TakeBack();
        if (!Session.May(AccessPolicies.ManageData)) return;
        _preview = (await Erasures.PreviewAsync(Session.Tenant, _user, Left)).Values.Sum();
    }

    private async Task EraseAsync()
    {
        // The card is hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageData)) return;
        try
        {
            await Erasures.RequestAsync(Session.Tenant, Guid.CreateVersion7(Time.GetUtcNow()), _user, _deletesCalls, Session.Actor, CancellationToken.None);
            (_user, _preview) = ("", null);
            await LoadAsync(anew: false);
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }
}
