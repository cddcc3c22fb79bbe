using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace FinOps.Web.Features.Account;

public sealed partial class SessionsCard
{
    private readonly Loaded<IReadOnlyList<UserSession>> _sessions = new();
    private Guid? _own;
    private string? _message;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private AuthenticationStateProvider Authentication { get; set; } = null!;
    [Inject] private AuditTrail Audit { get; set; } = null!;
    [Inject] private UserSessions Sessions { get; set; } = null!;
    [Inject] private ILogger<SessionsCard> Logger { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        _own = (await Authentication.GetAuthenticationStateAsync()).User.FindSession();
        await LoadAsync();
    }

    private Task LoadAsync() =>
        _sessions.LoadAsync(token => Sessions.OfUserAsync(Session.UserId, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private async Task EndAsync(UserSession session)
    {
        if (await Sessions.EndAsync(Session.UserId, session.Id, CancellationToken.None) > 0) await RecordAsync(new { Sessions = 1, Device = BrowserName.Of(session.Device), session.Address });
        _message = $"{BrowserName.Of(session.Device)} is signed out.";
        await LoadAsync();
    }

    private async Task EndOthersAsync()
    {
        if (_own is not { } own) return;
        var ended = await Sessions.EndOthersAsync(Session.UserId, own, CancellationToken.None);
        if (ended > 0) await RecordAsync(new { Sessions = ended });
        _message = ended == 1 ? "One other session is ended." : $"{ended} other sessions are ended.";
        await LoadAsync();
    }

    private Task RecordAsync(object ended) => Audit.RecordAsync(
        Session.Tenant, new AuditEntry(Session.Actor, AuditActs.SessionRevoked, Session.UserId.ToString(), Session.Email) { Before = ended }, CancellationToken.None);
}
