using System.ComponentModel.DataAnnotations;
using System.Globalization;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>What the link of an invitation opens: a new account, or a further organisation for one that is there.</summary>
public sealed partial class InvitationPage(
    Invitations invitations, UserManager<AppUser> users, SignInManager<AppUser> signIn, SignInLimit limit, NavigationManager navigation, TimeProvider clock)
{
    public const string Path = "/invitation/";

    private FoundInvitation? _found;
    private bool _known;
    private string? _visitor;
    private string? _problem;
    private bool _limited;

    [Parameter, EditorRequired] public required string Token { get; set; }

    [Inject] private IOptions<OidcOptions> Oidc { get; set; } = null!;

    [SupplyParameterFromForm(FormName = "account")]
    private NewAccount? AccountForm { get; set; }

    [SupplyParameterFromForm(FormName = "join")]
    private Joining? JoinForm { get; set; }

    [CascadingParameter]
    private HttpContext? Http { get; set; }

    private bool Open => _found is { State: InvitationState.Open } && !_limited;

    private string SignInAddress => $"{AuthenticationExtensions.SignInPath}?returnUrl={Uri.EscapeDataString(Path + Token)}";

    private string OidcAddress => $"{OidcExtensions.StartPath}?returnUrl={Uri.EscapeDataString(Path + Token)}";

    private string Refusal => _limited ? "Too many attempts from your network. Wait a minute, then open the link again." : _found?.State switch
    {
        InvitationState.Accepted => "This invitation was accepted. A link works once.",
        InvitationState.Revoked => "This invitation was taken back. Ask whoever invited you.",
        InvitationState.Expired => "This invitation is over. Ask whoever invited you to send it again.",
        _ => "There is no such invitation. The link may be cut off, or a newer one was sent.",
    };

    protected override async Task OnInitializedAsync()
    {
        AccountForm ??= new NewAccount();
        JoinForm ??= new Joining();
        if (Http is null) return;
        var address = Http.Connection.RemoteIpAddress;
        if (!limit.TryEnter(address))
        {
            _limited = true;
            Http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Http.Response.Headers.RetryAfter = limit.Window.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return;
        }

        _found = await invitations.FindAsync(Token, Http.RequestAborted);
        if (!Open)
        {
            // Whoever tries tokens is slowed down like whoever tries passwords.
            limit.Failed(address);
            Http.Response.StatusCode = StatusCodes.Status410Gone;
            return;
        }

        if (Http.User.FindUser() is { } visitor) _visitor = (await users.FindByIdAsync(visitor.ToString()))?.Email;
        _known = await users.FindByEmailAsync(_found!.Email) is not null;
    }

    private bool IsInvited(string email) => string.Equals(email, _found?.Email, StringComparison.OrdinalIgnoreCase);

    private async Task JoinAsync()
    {
        if (!Open || Http?.User.FindUser() is not { } visitor || await users.FindByIdAsync(visitor.ToString()) is not { Email: { } email } user || !IsInvited(email)) return;
        if (!await invitations.AcceptAsync(_found!, user, SessionCookie.AddressOf(Http), Http.RequestAborted))
        {
            await TellGoneAsync();
            return;
        }

        await signIn.RefreshSignInAsync(user);
        navigation.NavigateTo("/");
    }

    private async Task MakeAccountAsync()
    {
        if (!Open || _known || AccountForm is null || Http is null) return;
        var user = new AppUser
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            UserName = _found!.Email,
            NormalizedUserName = users.NormalizeName(_found.Email),
            Email = _found.Email,
            NormalizedEmail = users.NormalizeEmail(_found.Email),
            // A link that came by mail proves the address; one that somebody copied does not.
            EmailConfirmed = _found.Mailed,
            SecurityStamp = Guid.NewGuid().ToString("N"),
            LockoutEnabled = true,
            CreatedAt = clock.GetUtcNow(),
        };
        foreach (var rule in users.PasswordValidators)
        {
            var answer = await rule.ValidateAsync(users, user, AccountForm.Password);
            if (answer.Succeeded) continue;
            _problem = string.Join(" ", answer.Errors.Select(error => error.Description));
            return;
        }

        user.PasswordHash = users.PasswordHasher.HashPassword(user, AccountForm.Password);
        try
        {
            if (!await invitations.AcceptWithAccountAsync(_found, user, SessionCookie.AddressOf(Http), Http.RequestAborted))
            {
                await TellGoneAsync();
                return;
            }
        }
        catch (DbUpdateException)
        {
            // Somebody made an account with this address a moment ago; nothing was accepted.
            (_known, _problem) = (true, "There is an account with this address by now.");
            return;
        }

        await signIn.SignInAsync(user, isPersistent: true, authenticationMethod: null);
        navigation.NavigateTo("/");
    }

    /// <summary>Between showing the form and sending it the invitation was used, revoked or ended.</summary>
    private async Task TellGoneAsync()
    {
        _found = await invitations.FindAsync(Token, Http!.RequestAborted);
        Http.Response.StatusCode = StatusCodes.Status410Gone;
        if (Open) _problem = "This did not work. Try again.";
    }

    private sealed class NewAccount
    {
        [Required(ErrorMessage = "Choose a password."), StringLength(256)]
        public string Password { get; set; } = "";

        [Compare(nameof(Password), ErrorMessage = "The two differ.")]
        public string Again { get; set; } = "";
    }

    private sealed class Joining;
}
