using FinOps.Analytics.Audit;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Mail;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Settings;

public sealed partial class MembersCard
{
    /// <summary>Teams that the form offers; others can be typed.</summary>
    private const int MaxKnownTeams = 40;

    /// <summary>How far back a team must have been named to be offered.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromDays(30);

    private readonly Loaded<IReadOnlyList<MemberRow>> _members = new();
    private IReadOnlyList<string> _knownTeams = [];
    private bool _adding;
    private Guid? _changing;
    private bool _removing;
    private string _email = "";
    private string? _problem;
    private string? _message;
    private MemberRow? _removed;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    /// <summary>Somebody was invited.</summary>
    [Parameter] public EventCallback<MadeInvitation> Invited { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private AuditTrail Audit { get; set; } = null!;
    [Inject] private UserSessions Sessions { get; set; } = null!;
    [Inject] private Members Members { get; set; } = null!;
    [Inject] private SpendReader Spend { get; set; } = null!;
    [Inject] private Invitations Invitations { get; set; } = null!;
    [Inject] private InvitationMail Letters { get; set; } = null!;
    [Inject] private IOptions<InvitationOptions> Lifetimes { get; set; } = null!;
    [Inject] private IOptions<MailOptions> Mail { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<MembersCard> Logger { get; set; } = null!;

    private bool MayManage => Session.May(AccessPolicies.ManageMembers);

    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => _members.LoadAsync(token => Members.ListAsync(Session.Tenant, token), new Asking(Logger, Anew: false, StateHasChanged, CancellationToken.None));

    private Task ToggleAddingAsync()
    {
        (_adding, _changing, _problem) = (!_adding, null, null);
        return LoadTeamsAsync();
    }

    private Task ToggleChangingAsync(MemberRow member)
    {
        (_changing, _removing, _adding, _problem) = (_changing == member.UserId ? null : member.UserId, false, false, null);
        return LoadTeamsAsync();
    }

    /// <summary>What calls have named lately. Without the analytics store the names can still be typed.</summary>
    private async Task LoadTeamsAsync()
    {
        if (_knownTeams.Count > 0) return;
        try
        {
            var question = new TopQuestion(Session.Scope, TimeRange.Ending(Time.GetUtcNow(), KnownFor), Dimension.Team) { Limit = MaxKnownTeams };
            using var limit = new CancellationTokenSource(Loaded.AnswerTimeout, Time);
            var top = await Spend.AskAsync(question, limit.Token);
            _knownTeams = [.. top.Members.Select(member => member.Value).Where(team => team.Length > 0)];
        }
        catch (Exception away) when (ClickHouseStore.IsAway(away))
        {
            Parts.Log.QuestionFailed(Logger, away);
        }
    }

    private async Task InviteAsync(MemberGrant grant)
    {
        MadeInvitation? made = null;
        if (!await TryAsync(async () => made = await Invitations.InviteAsync(
            Session.Tenant, new InvitationRequest(_email, grant.Role, Session.Actor) { Teams = grant.Teams }, Lifetimes.Value.Lifetime, Letters.Write, CancellationToken.None))) return;
        (_adding, _email) = (false, "");
        await Invited.InvokeAsync(made);
    }

    private async Task ChangeAsync(MemberRow member, MemberGrant grant)
    {
        if (!await TryAsync(() => Members.SetAsync(Session.Tenant, member.UserId, grant.Role, grant.Teams, Session.Actor, CancellationToken.None))) return;
        _changing = null;
        await LoadAsync();
    }

    private async Task EndSessionsAsync(MemberRow member)
    {
        // Only of somebody who is a member still.
        if (!MayManage || !(await Members.ListAsync(Session.Tenant, CancellationToken.None)).Any(row => row.UserId == member.UserId)) return;
        var ended = await Sessions.EndAllAsync(member.UserId, CancellationToken.None);
        await Audit.RecordAsync(
            Session.Tenant, new AuditEntry(Session.Actor, AuditActs.SessionRevoked, member.UserId.ToString(), member.Email) { Before = new { Sessions = ended } }, CancellationToken.None);
        (_changing, _message) = (null, $"{member.Email} is signed out of {(ended == 1 ? "one session" : $"{ended} sessions")}.");
    }

    private async Task RemoveAsync(MemberRow member)
    {
        if (!await TryAsync(() => Members.RemoveAsync(Session.Tenant, member.UserId, Session.Actor, CancellationToken.None))) return;
        (_changing, _removing, _removed) = (null, false, member);
        await LoadAsync();
    }

    private async Task UndoRemoveAsync()
    {
        if (_removed is not { } removed || !await TryAsync(() => Members.SetAsync(Session.Tenant, removed.UserId, removed.Role, removed.Teams, Session.Actor, CancellationToken.None))) return;
        _removed = null;
        await LoadAsync();
    }

    /// <summary>False, and told, where the rules refuse it. The buttons are hidden from others; the circuit is not to be trusted with that.</summary>
    private async Task<bool> TryAsync(Func<Task> change)
    {
        if (!MayManage) return false;
        try
        {
            await change();
            _problem = null;
            return true;
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
            return false;
        }
    }
}
