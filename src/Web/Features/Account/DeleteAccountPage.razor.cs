using System.ComponentModel.DataAnnotations;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Features.Account;

/// <summary>Deletes the account of whoever is signed in. Plain HTML, because the cookie goes with it, which only a request can.</summary>
public sealed partial class DeleteAccountPage(
    UserManager<AppUser> users, SignInManager<AppUser> signIn, AccountChange change, DeleteAccount accounts, UserSessions sessions, NavigationManager navigation, TimeProvider clock)
{
    public const string Path = "/account/delete";

    private AppUser? _user;
    private bool _hasPassword;
    private bool _isFresh;
    private AccountDeletion? _preview;
    private AccountDeletion? _deleted;
    private string? _problem;

    [SupplyParameterFromForm(FormName = "delete")]
    private Confirmation? Form { get; set; }

    [CascadingParameter]
    private HttpContext? Http { get; set; }

    protected override async Task OnInitializedAsync()
    {
        Form ??= new Confirmation();
        if (Http is null || await users.GetUserAsync(Http.User) is not { } user) return;
        _user = user;
        _hasPassword = await users.HasPasswordAsync(user);
        var own = Http.User.FindSession();
        var session = (await sessions.OfUserAsync(user.Id, Http.RequestAborted)).FirstOrDefault(session => session.Id == own);
        _isFresh = DeleteAccountPageModel.IsFresh(session?.CreatedAt, clock.GetUtcNow());
        _preview = await accounts.PreviewAsync(user.Id, ActorOf(Http), Http.RequestAborted);
    }

    private async Task DeleteAsync()
    {
        if (_user is not { } user || Http is not { } http || Form is not { } form) return;
        _problem = DeleteAccountPageModel.ProblemWith(form.Email, user.Email ?? "") ?? (_hasPassword ? await change.ProblemAsync(user, form.Password, http) : null);
        if (_problem is not null || !(_hasPassword || _isFresh)) return;
        try
        {
            // Whoever closes the page now asked for it all the same.
            _deleted = await accounts.DeleteAsync(user.Id, ActorOf(http), CancellationToken.None);
        }
        catch (TenancyException refusal)
        {
            _problem = refusal.Message;
            return;
        }

        await signIn.SignOutAsync();
    }

    /// <summary>A session goes on when its person signs in again: it has to end first.</summary>
    private async Task SignInAgainAsync()
    {
        await signIn.SignOutAsync();
        navigation.NavigateTo($"{AuthenticationExtensions.SignInPath}?returnUrl={Uri.EscapeDataString(Path)}");
    }

    private static Analytics.Audit.Actor ActorOf(HttpContext http) => CurrentTenant.Of(http.User, SessionCookie.AddressOf(http)).Actor;

    private sealed class Confirmation
    {
        [Required(ErrorMessage = "Type your e-mail address."), StringLength(256)]
        public string Email { get; set; } = "";

        [StringLength(256)]
        public string Password { get; set; } = "";
    }
}
