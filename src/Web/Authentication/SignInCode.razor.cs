using System.ComponentModel.DataAnnotations;
using System.Globalization;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Authentication;

/// <summary>The second step of signing in, for accounts with a second factor.</summary>
public sealed partial class SignInCode(SignInManager<AppUser> signIn, SignInLimit limit, SignInRecord record, NavigationManager navigation)
{
    private string? _problem;

    [SupplyParameterFromForm]
    private Typed? Form { get; set; }

    [SupplyParameterFromQuery]
    private string? ReturnUrl { get; set; }

    [SupplyParameterFromQuery]
    private bool Recovery { get; set; }

    [CascadingParameter]
    private HttpContext? Http { get; set; }

    private string Other => Address(ReturnUrl, !Recovery);

    /// <summary>Where this page is, for whoever is half signed in.</summary>
    internal static string Address(string? returnUrl, bool recovery = false) =>
        $"{AuthenticationExtensions.CodePath}?returnUrl={Uri.EscapeDataString(SignIn.LocalPath(returnUrl))}{(recovery ? "&recovery=true" : "")}";

    protected override async Task OnInitializedAsync()
    {
        Form ??= new Typed();
        // Without a password that was right a few minutes ago there is no second step.
        if (await signIn.GetTwoFactorAuthenticationUserAsync() is null) navigation.NavigateTo(AuthenticationExtensions.SignInPath);
    }

    private async Task CheckAsync()
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

        if (await signIn.GetTwoFactorAuthenticationUserAsync() is not { } user) return;
        var code = Form.Code.Replace(" ", "", StringComparison.Ordinal);
        var result = Recovery
            ? await signIn.TwoFactorRecoveryCodeSignInAsync(code.ToUpperInvariant())
            : await signIn.TwoFactorAuthenticatorSignInAsync(code, isPersistent: true, rememberClient: false);
        if (result.Succeeded)
        {
            navigation.NavigateTo(SignIn.LocalPath(ReturnUrl));
            return;
        }

        limit.Failed(address);
        await record.FailedAsync(user, user.Email ?? "", SessionCookie.AddressOf(Http), result.IsLockedOut, Recovery ? "Wrong recovery code" : "Wrong code", Http.RequestAborted);
        _problem = result.IsLockedOut ? "Too many wrong codes. Wait five minutes, then sign in again."
            : Recovery ? "This is none of your recovery codes, or it was used before."
            : "This code is not right, or it was used before. Wait for the next one.";
    }

    private sealed class Typed
    {
        [Required(ErrorMessage = "Type the code."), StringLength(40)]
        public string Code { get; set; } = "";
    }
}
