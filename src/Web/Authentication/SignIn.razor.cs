using System.ComponentModel.DataAnnotations;
using System.Globalization;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

public sealed partial class SignIn(SignInManager<AppUser> signIn, UserManager<AppUser> users, SignInLimit limit, SignInRecord record, NavigationManager navigation)
{
    private const string Refused = "E-mail and password do not match.";

    private string? _problem;

    [SupplyParameterFromForm]
    private Credentials? Form { get; set; }

    [SupplyParameterFromQuery]
    private string? ReturnUrl { get; set; }

    [CascadingParameter]
    private HttpContext? Http { get; set; }

    [Inject] private IOptions<OidcOptions> Oidc { get; set; } = null!;

    private string OidcAddress => $"{OidcExtensions.StartPath}?returnUrl={Uri.EscapeDataString(LocalPath(ReturnUrl))}";

    protected override void OnInitialized() => Form ??= new Credentials();

    private async Task SignInAsync()
    {
        if (Form is null || Http is null) return;
        var address = Http.Connection.RemoteIpAddress;
        if (!limit.TryEnter(address))
        {
            Http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Http.Response.Headers.RetryAfter = limit.Window.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            _problem = "Too many attempts from your network. Wait a minute, then try again.";
            return;
        }

        var user = await users.FindByEmailAsync(Form.Email);
        if (user is null)
        {
            // As slow as a wrong password, so that nobody can try out which addresses exist.
            _ = users.PasswordHasher.HashPassword(new AppUser(), Form.Password);
            limit.Failed(address);
            await record.FailedAsync(user: null, Form.Email, SessionCookie.AddressOf(Http), lockedOut: false, "No account has this address", Http.RequestAborted);
            _problem = Refused;
            return;
        }

        var result = await signIn.PasswordSignInAsync(user, Form.Password, isPersistent: true, lockoutOnFailure: true);
        if (result.Succeeded)
        {
            navigation.NavigateTo(LocalPath(ReturnUrl));
            return;
        }

        if (result.RequiresTwoFactor)
        {
            navigation.NavigateTo(SignInCode.Address(ReturnUrl));
            return;
        }

        limit.Failed(address);
        await record.FailedAsync(user, Form.Email, SessionCookie.AddressOf(Http), result.IsLockedOut, "Wrong password", Http.RequestAborted);
        _problem = result.IsLockedOut ? "Too many wrong passwords. Wait five minutes, then try again." : Refused;
    }

    /// <summary>Only a path of this site: a link must not use the sign-in to lead elsewhere.</summary>
    internal static string LocalPath(string? url) =>
        url is ['/', ..] && url is not ['/', '/' or '\\', ..] && !url.AsSpan().ContainsAnyInRange('\0', '\x1f') ? url : "/";

    private sealed class Credentials
    {
        [Required(ErrorMessage = "Enter your e-mail address."), StringLength(256)]
        public string Email { get; set; } = "";

        [Required(ErrorMessage = "Enter your password."), StringLength(256)]
        public string Password { get; set; } = "";
    }
}
