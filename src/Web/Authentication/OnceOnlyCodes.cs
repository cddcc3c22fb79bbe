using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Authentication;

/// <summary>Checks codes of authenticator apps. RFC 6238, 5.2: a code that was taken once is taken no more.</summary>
internal sealed class OnceOnlyCodes(AuthenticatorSteps steps, TimeProvider clock) : AuthenticatorTokenProvider<AppUser>
{
    public override async Task<bool> ValidateAsync(string purpose, string token, UserManager<AppUser> manager, AppUser user) =>
        await manager.GetAuthenticatorKeyAsync(user) is { Length: > 0 } key
        && Totp.FindStep(key, token, clock.GetUtcNow()) is { } step
        && await steps.TakeAsync(user.Id, step, CancellationToken.None);
}
