using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Authentication;

/// <summary>What every change to how a person signs in has before and after it.</summary>
public sealed class AccountChange(SignInManager<AppUser> signIn, SignInLimit limit, UserSessions sessions, AuditTrail audit)
{
    /// <summary>Whoever found an open session does not know the password; wrong ones count as at sign-in. Null where it is theirs, else what to tell them.</summary>
    public async Task<string?> ProblemAsync(AppUser user, string? password, HttpContext? http)
    {
        var address = http?.Connection.RemoteIpAddress;
        if (!limit.TryEnter(address)) return "Too many attempts from your network. Wait a minute, then try again.";
        var check = await signIn.CheckPasswordSignInAsync(user, password ?? "", lockoutOnFailure: true);
        if (check.Succeeded) return null;
        limit.Failed(address);
        return check.IsLockedOut ? "Too many wrong passwords. Wait five minutes, then try again." : "This is not your password.";
    }

    /// <summary>The account's stamp is another now: this session goes on with it, the others are over.</summary>
    public async Task KeepThisSessionAsync(AppUser user, HttpContext http)
    {
        await signIn.RefreshSignInAsync(user);
        if (http.User.FindSession() is { } session) await sessions.EndOthersAsync(user.Id, session, CancellationToken.None);
    }

    public Task RecordAsync(string act, HttpContext http)
    {
        var session = CurrentTenant.Of(http.User, SessionCookie.AddressOf(http));
        return audit.RecordAsync(session.Tenant, new AuditEntry(session.Actor, act, session.UserId.ToString(), session.Email), CancellationToken.None);
    }
}
