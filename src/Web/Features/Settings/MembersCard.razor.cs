using System.Security.Cryptography;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Features.Settings;

public sealed partial class MembersCard
{
    private const int FirstPasswordBytes = 15;

    private readonly Loaded<IReadOnlyList<MemberRow>> _members = new();
    private bool _adding;
    private string _email = "";
    private TenantRole _role = TenantRole.Viewer;
    private string? _problem;
    private string? _added;
    private string? _password;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [CascadingParameter] public Reader Reader { get; set; } = Reader.Unknown;
    [Inject] private Tenants Tenants { get; set; } = null!;
    [Inject] private IServiceScopeFactory Scopes { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<MembersCard> Logger { get; set; } = null!;

    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => _members.LoadAsync(token => Tenants.MembersAsync(Session.Tenant, token), new Asking(Logger, Anew: true, StateHasChanged, CancellationToken.None));

    private async Task AddAsync()
    {
        if (!Session.May(AccessPolicies.ManageMembers)) return;
        var email = _email.Trim();
        // One context per operation: the user manager of the circuit would keep one for its whole life.
        await using var scope = Scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        if (await users.FindByEmailAsync(email) is not null)
        {
            _problem = "There is already an account with this e-mail. It can join a second organisation when invitations are there.";
            return;
        }

        var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(FirstPasswordBytes)) + "a1";
        var user = new AppUser { UserName = email, Email = email, EmailConfirmed = true, CreatedAt = Time.GetUtcNow() };
        var result = await users.CreateAsync(user, password);
        if (!result.Succeeded)
        {
            _problem = string.Join(" ", result.Errors.Select(e => e.Description));
            return;
        }

        await Tenants.SetMemberAsync(Session.Tenant, user.Id, _role, CancellationToken.None);
        (_problem, _added, _password, _adding, _email) = (null, email, password, false, "");
        await LoadAsync();
    }
}
