using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Features.Account;

/// <summary>Sets the second factor up and takes it away. Plain HTML, because each step makes the cookie anew, which only a request can.</summary>
public sealed partial class SecondFactorPage(
    UserManager<AppUser> users, IUserStore<AppUser> store, AccountChange change, AuthenticatorSteps steps, IDataProtectionProvider protection, TimeProvider clock)
{
    public const string Path = "/account/second-factor";

    private const string Issuer = "FinOps for AI";

    /// <summary>Recovery codes made at once. Default 10.</summary>
    private const int RecoveryCodes = 10;

    /// <summary>How long a key that was shown waits for its first code. Default 15 minutes.</summary>
    private static readonly TimeSpan SetUpLifetime = TimeSpan.FromMinutes(15);

    private AppUser? _user;
    private bool _on;
    private bool _hasPassword;
    private int _left;
    private string? _problem;
    private string? _done;
    private string[]? _codes;
    private string _key = "";
    private string _sealedKey = "";
    private QrPicture _picture = QrPicture.Empty;

    [SupplyParameterFromForm(FormName = "set-up")]
    private SetUp? SetUpForm { get; set; }

    [SupplyParameterFromForm(FormName = "codes")]
    private Proof? CodesForm { get; set; }

    [SupplyParameterFromForm(FormName = "off")]
    private Proof? OffForm { get; set; }

    [CascadingParameter]
    private HttpContext? Http { get; set; }

    /// <summary>In groups of four, as people type it.</summary>
    private string Grouped => string.Join(' ', _key.Chunk(4).Select(group => new string(group)));

    private string CodesFile => "data:text/plain;charset=utf-8," + Uri.EscapeDataString(
        $"Recovery codes of {_user?.Email} for FinOps for AI. Each works once.\r\n\r\n{string.Join("\r\n", _codes ?? [])}\r\n");

    /// <summary>Bound to the person and short-lived: nothing is kept of a key until its first code was right.</summary>
    private ITimeLimitedDataProtector Seal => protection.CreateProtector("FinOps.Accounts.SecondFactor.SetUp", _user!.Id.ToString()).ToTimeLimitedDataProtector();

    protected override async Task OnInitializedAsync()
    {
        SetUpForm ??= new SetUp();
        CodesForm ??= new Proof();
        OffForm ??= new Proof();
        if (Http is null || await users.GetUserAsync(Http.User) is not { } user) return;
        _user = user;
        await ShowAsync();
    }

    private async Task ShowAsync()
    {
        _on = await users.GetTwoFactorEnabledAsync(_user!);
        _hasPassword = await users.HasPasswordAsync(_user!);
        if (_on) _left = await users.CountRecoveryCodesAsync(_user!);
        else if (_hasPassword) Offer(Opened(SetUpForm?.Key) ?? Totp.NewKey());
    }

    private void Offer(string key)
    {
        _key = key;
        _sealedKey = Seal.Protect(key, SetUpLifetime);
        _picture = QrPicture.Of(Totp.UriOf(Issuer, _user!.Email ?? "", key));
    }

    private string? Opened(string? sealedKey)
    {
        if (string.IsNullOrEmpty(sealedKey)) return null;
        try
        {
            return Seal.Unprotect(sealedKey);
        }
        catch (CryptographicException)
        {
            // Too old, somebody else's, or tampered with: a new key is shown instead.
            return null;
        }
    }

    private async Task TurnOnAsync()
    {
        if (_user is not { } user || _on || !_hasPassword || store is not IUserAuthenticatorKeyStore<AppUser> keys) return;
        if (Opened(SetUpForm?.Key) is not { } key)
        {
            _problem = "The key was shown too long ago. Scan the new one.";
            return;
        }

        if (Totp.FindStep(key, SetUpForm!.Code, clock.GetUtcNow()) is not { } step || !await steps.TakeAsync(user.Id, step, CancellationToken.None))
        {
            _problem = "This code is not right, or it was used before. Wait for the next one; the clock of the phone must be right.";
            return;
        }

        await keys.SetAuthenticatorKeyAsync(user, key, CancellationToken.None);
        await users.SetTwoFactorEnabledAsync(user, enabled: true);
        await ChangedAsync("The second factor is on, and your other sessions are ended.");
        await change.RecordAsync(AuditActs.TwoFactorEnabled, Http!);
        await NewCodesAsync();
    }

    private async Task MakeCodesAsync()
    {
        if (_user is null || !_on || !await ProvedAsync(CodesForm)) return;
        _done = "The former codes are void.";
        await NewCodesAsync();
        await change.RecordAsync(AuditActs.TwoFactorCodesMade, Http!);
    }

    private async Task TurnOffAsync()
    {
        if (_user is not { } user || !_on || !await ProvedAsync(OffForm)) return;
        await users.SetTwoFactorEnabledAsync(user, enabled: false);
        await users.RemoveAuthenticationTokenAsync(user, "[AspNetUserStore]", "AuthenticatorKey");
        await users.RemoveAuthenticationTokenAsync(user, "[AspNetUserStore]", "RecoveryCodes");
        await ChangedAsync("The second factor is off, and your other sessions are ended.");
        await change.RecordAsync(AuditActs.TwoFactorDisabled, Http!);
        await ShowAsync();
    }

    private async Task<bool> ProvedAsync(Proof? proof)
    {
        _problem = await change.ProblemAsync(_user!, proof?.Password, Http);
        return _problem is null;
    }

    private async Task NewCodesAsync() => _codes = [.. await users.GenerateNewTwoFactorRecoveryCodesAsync(_user!, RecoveryCodes) ?? []];

    private async Task ChangedAsync(string done)
    {
        _done = done;
        await change.KeepThisSessionAsync(_user!, Http!);
    }

    private sealed class SetUp
    {
        public string? Key { get; set; }

        [Required(ErrorMessage = "Type the code."), StringLength(10)]
        public string Code { get; set; } = "";
    }

    private sealed class Proof
    {
        [Required(ErrorMessage = "Enter your password."), StringLength(256)]
        public string Password { get; set; } = "";
    }
}
