using FinOps.Analytics.Mail;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Mail;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;

namespace FinOps.Web.Features.Settings;

/// <summary>Who was invited and has not come yet. For administrators; the page shows it to nobody else.</summary>
public sealed partial class InvitationsCard
{
    private readonly Loaded<IReadOnlyList<InvitationRow>> _open = new();
    private string? _problem;
    private string? _message;
    private MadeInvitation? _made;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private Invitations Invitations { get; set; } = null!;
    [Inject] private InvitationMail Letters { get; set; } = null!;
    [Inject] private IOptions<InvitationOptions> Invitation { get; set; } = null!;
    [Inject] private IOptions<MailOptions> Mail { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private IJSRuntime Script { get; set; } = null!;
    [Inject] private ILogger<InvitationsCard> Logger { get; set; } = null!;

    private string Again => Mail.Value.IsConfigured ? "Send again" : "New link";

    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => _open.LoadAsync(
        token => Invitations.OpenAsync(Session.Tenant, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    /// <summary>Shows an invitation that was just made, and its link where that has to be copied.</summary>
    public async Task ShowAsync(MadeInvitation made)
    {
        Tell(made);
        await LoadAsync();
    }

    private Task RenewAsync(InvitationRow row) => ChangeAsync(async () =>
    {
        var made = await Invitations.RenewAsync(Session.Tenant, row.Id, Session.Actor, Invitation.Value.Lifetime, Letters.Write, CancellationToken.None);
        if (made is null) (_made, _message) = (null, $"The invitation of {row.Email} is no longer open.");
        else Tell(made);
    });

    private Task RevokeAsync(InvitationRow row) => ChangeAsync(async () =>
    {
        await Invitations.RevokeAsync(Session.Tenant, row.Id, Session.Actor, CancellationToken.None);
        (_made, _message) = (null, $"The link of {row.Email} opens nothing any more.");
    });

    private async Task ChangeAsync(Func<Task> change)
    {
        // The card is hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageMembers)) return;
        _problem = null;
        try
        {
            await change();
            await LoadAsync();
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
        }
    }

    private void Tell(MadeInvitation made) => (_made, _message) = Mail.Value.IsConfigured
        ? ((MadeInvitation?)null, $"The invitation to {made.Email} is on its way.")
        : (made, null);

    /// <summary>With the address under which this administrator reaches the pages: they can judge it.</summary>
    private string LinkOf(MadeInvitation made) => Navigation.ToAbsoluteUri(InvitationPage.Path + made.Token).ToString();

    private static string StateOf(InvitationRow row) => row.Mail switch
    {
        null => "link copied",
        MailState.Sent => "sent",
        MailState.Dead => "not delivered",
        _ when row.MailReason is not null => "trying again",
        _ => "on its way",
    };
}
