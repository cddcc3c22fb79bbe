using System.Security.Claims;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>Ties the cookie to a row that can be ended from elsewhere: made at sign-in, asked for by <see cref="RenewPlace"/>, deleted at sign-out.</summary>
internal static class SessionCookie
{
    public static async Task BeginAsync(CookieSigningInContext context)
    {
        if (context.Principal is not { Identity: ClaimsIdentity identity } principal || principal.FindUser() is not { } userId) return;
        var services = context.HttpContext.RequestServices;
        var now = context.HttpContext.User;
        // Signing in anew, after a change of one's own account or organisation, goes on with the session.
        if (now.FindUser() == userId && now.FindSession() is { } present)
        {
            Put(identity, present);
            return;
        }

        var session = await services.GetRequiredService<UserSessions>().StartAsync(
            new SessionStart(userId, context.Request.Headers.UserAgent.ToString(), AddressOf(context.HttpContext), MethodOf(principal)),
            services.GetRequiredService<IOptions<SessionOptions>>().Value.Idle, context.HttpContext.RequestAborted);
        Put(identity, session);
        var person = Actor.OfUser(userId, principal.FindFirstValue(ClaimTypes.Email) ?? identity.Name ?? "", AddressOf(context.HttpContext));
        await services.GetRequiredService<SignInRecord>().SucceededAsync(
            principal.FindTenant(), person, new { Method = MethodOf(principal), Device = BrowserName.Of(context.Request.Headers.UserAgent.ToString()) }, context.HttpContext.RequestAborted);
    }

    public static async Task EndAsync(CookieSigningOutContext context)
    {
        var user = context.HttpContext.User;
        if (user.FindUser() is not { } userId || user.FindSession() is not { } session) return;
        var services = context.HttpContext.RequestServices;
        await services.GetRequiredService<UserSessions>().EndAsync(userId, session, context.HttpContext.RequestAborted);
        services.GetRequiredService<SessionDirectory>().Forget(session);
    }

    private static void Put(ClaimsIdentity identity, Guid session)
    {
        foreach (var old in identity.FindAll(TenantClaims.Session).ToList()) identity.RemoveClaim(old);
        identity.AddClaim(new Claim(TenantClaims.Session, session.ToString()));
    }

    internal static string AddressOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? "";
    }

    private static string MethodOf(ClaimsPrincipal principal) =>
        principal.HasClaim(claim => claim.Type == ClaimTypes.AuthenticationMethod) ? "single sign-on"
        : principal.FindAll("amr").Any(method => method.Value == "mfa") ? "password and code"
        : "password";
}
