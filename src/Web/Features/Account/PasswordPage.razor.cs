using System.ComponentModel.DataAnnotations;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Features.Account;

/// <summary>Changes the password. Plain HTML, because the cookie is made anew, which only a request can.</summary>
public sealed partial class PasswordPage(UserManager<AppUser> users, AccountChange change)
{
    public const string Path = "/account/password";

    private AppUser? _user;
    private bool _hasPassword;
    private bool _done;
    private string? _problem;

    [SupplyParameterFromForm(FormName = "password")]
    private Passwords? Form { get; set; }

    [CascadingParameter]
    private HttpContext? Http { get; set; }

    protected override async Task OnInitializedAsync()
    {
        Form ??= new Passwords();
        if (Http is null || await users.GetUserAsync(Http.User) is not { } user) return;
        _user = user;
        _hasPassword = await users.HasPasswordAsync(user);
    }

    private async Task ChangeAsync()
    {
        if (_user is not { } user || !_hasPassword || Form is not { } form) return;
        _problem = form.New == form.Current ? "The new password is the one that you have." : await change.ProblemAsync(user, form.Current, Http);
        if (_problem is not null) return;
        var result = await users.ChangePasswordAsync(user, form.Current, form.New);
        if (!result.Succeeded)
        {
            _problem = string.Join(" ", result.Errors.Select(error => error.Description));
            return;
        }

        await change.KeepThisSessionAsync(user, Http!);
        await change.RecordAsync(AuditActs.PasswordChanged, Http!);
        _done = true;
    }

    private sealed class Passwords
    {
        [Required(ErrorMessage = "Enter your password."), StringLength(256)]
        public string Current { get; set; } = "";

        [Required(ErrorMessage = "Choose a password."), StringLength(256)]
        public string New { get; set; } = "";

        [Compare(nameof(New), ErrorMessage = "The two differ.")]
        public string Again { get; set; } = "";
    }
}
