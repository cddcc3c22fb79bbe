using System.Security.Claims;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.StaticAssets;

namespace FinOps.Web.Authentication;

/// <summary>
/// Reads a session's place anew: role, teams, suspension, and whether password and membership still are what they were. At each request, and every few seconds for
/// each open page (<see cref="RevalidateMembership"/>): what an administrator changes holds at once, without a new sign-in.
/// </summary>
internal sealed class RenewPlace(Members members, SessionDirectory sessions)
{
    private const string SecurityStamp = "AspNet.Identity.SecurityStamp";

    /// <summary>The same object where nothing has changed; null where the session is over. Who is no member of the tenant any more goes on in another of theirs, or in none.</summary>
    /// <param name="user">Whose cookie or circuit it is.</param>
    /// <param name="address">Where the request came from; null for a circuit.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<ClaimsPrincipal?> RenewAsync(ClaimsPrincipal user, string? address, CancellationToken cancellationToken)
    {
        if (user.FindUser() is not { } userId || user.FindSession() is not { } session || !await sessions.IsOpenAsync(userId, session, address, cancellationToken)) return null;
        var standing = await members.StandingAsync(userId, user.FindTenant() ?? default, cancellationToken);
        if (standing is null || standing.SecurityStamp != user.FindFirstValue(SecurityStamp)) return null;
        var place = standing.Place ?? MemberClaims.Choose(await members.PlacesOfAsync(userId, cancellationToken), last: null);
        return PlaceClaims.Replace(user, place, standing.IsOperator);
    }

    /// <summary>For each request with the cookie, but for the build's own files.</summary>
    public static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null) return;
        var renew = context.HttpContext.RequestServices.GetRequiredService<RenewPlace>();
        try
        {
            var renewed = await renew.RenewAsync(context.Principal!, SessionCookie.AddressOf(context.HttpContext), context.HttpContext.RequestAborted);
            if (renewed is null)
            {
                context.RejectPrincipal();
                await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
            }
            else if (!ReferenceEquals(renewed, context.Principal))
            {
                context.ReplacePrincipal(renewed);
                context.ShouldRenew = true;
            }
        }
        catch (Exception failure) when (PostgresMigrator.IsAway(failure))
        {
            // Nobody lost anything because the store is away for a moment; the next request decides.
        }
    }
}
