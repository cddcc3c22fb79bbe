using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>After the provider vouched for somebody: which account that is, what their groups and invitations give, and the session.</summary>
internal sealed class OidcSignIn(
    IOptions<OidcOptions> options, UserManager<AppUser> users, SignInManager<AppUser> signIn, GroupMemberships groups, Members members, Invitations invitations, TimeProvider clock, ILogger<OidcSignIn> logger)
{
    /// <summary>Gives the path to go to.</summary>
    public async Task<string> FinishAsync(HttpContext context, string returnPath)
    {
        var vouched = await context.AuthenticateAsync(IdentityConstants.ExternalScheme);
        if (vouched.Principal is not { } principal || OidcIdentity.Of(principal, options.Value.GroupClaim) is not { } identity) return OidcRefusals.AddressOf(OidcRefusals.Failed);
        // It is used once.
        await context.SignOutAsync(IdentityConstants.ExternalScheme);

        var wanted = identity.Roles(options.Value.Groups);
        var open = identity is { EmailVerified: true, Email: { } proven } ? await invitations.OpenForAsync(proven, context.RequestAborted) : [];
        var user = await users.FindByLoginAsync(identity.Issuer, identity.Subject);
        if (user is null)
        {
            var (made, refusal) = await EnrolAsync(identity, hasMembership: wanted.Count > 0 || open.Count > 0);
            if (made is null) return OidcRefusals.AddressOf(refusal);
            user = made;
        }

        var outcome = await groups.ApplyAsync(user, wanted, context.RequestAborted);
        foreach (var organisation in outcome.Unknown) Log.UnknownOrganisation(logger, organisation);
        foreach (var invitation in open) await invitations.AcceptAsync(invitation, user, SessionCookie.AddressOf(context), context.RequestAborted);

        // Their groups, or an administrator, may have taken the last one away.
        if (!user.IsOperator && (await members.PlacesOfAsync(user.Id, context.RequestAborted)).Count == 0) return OidcRefusals.AddressOf(OidcRefusals.NoMembership);
        var result = await signIn.ExternalLoginSignInAsync(identity.Issuer, identity.Subject, isPersistent: true, bypassTwoFactor: true);
        if (!result.Succeeded) return OidcRefusals.AddressOf(result.IsLockedOut ? OidcRefusals.Locked : OidcRefusals.Failed);
        // The invitation behind this link was accepted above.
        return returnPath.StartsWith(InvitationPage.Path, StringComparison.Ordinal) ? "/" : returnPath;
    }

    private async Task<(AppUser? User, string Refusal)> EnrolAsync(OidcIdentity identity, bool hasMembership)
    {
        var local = identity.Email is { } email ? await users.FindByEmailAsync(email) : null;
        switch (FirstSignIns.Decide(identity, local, hasMembership, options.Value.LinkVerifiedEmail))
        {
            case FirstSignIn.RefuseWithoutEmail:
                return (null, OidcRefusals.NoEmail);
            case FirstSignIn.RefuseTakenEmail:
                return (null, OidcRefusals.EmailTaken);
            case FirstSignIn.RefuseWithoutMembership:
                return (null, OidcRefusals.NoMembership);
            case FirstSignIn.MakeAccount:
                local = new AppUser
                {
                    Id = Guid.CreateVersion7(clock.GetUtcNow()),
                    UserName = identity.Email,
                    Email = identity.Email,
                    EmailConfirmed = identity.EmailVerified,
                    CreatedAt = clock.GetUtcNow(),
                };
                if (await users.CreateAsync(local) is { Succeeded: false } refused)
                {
                    Log.NotEnrolled(logger, string.Join(' ', refused.Errors.Select(error => error.Code)));
                    return (null, OidcRefusals.Failed);
                }

                break;
        }

        var linked = await users.AddLoginAsync(local!, new UserLoginInfo(identity.Issuer, identity.Subject, options.Value.DisplayName));
        if (linked.Succeeded) return (local, "");
        Log.NotEnrolled(logger, string.Join(' ', linked.Errors.Select(error => error.Code)));
        return (null, OidcRefusals.Failed);
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in by the OpenID provider failed: {Reason}")]
    public static partial void ProviderFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "FinOps:Oidc:Groups names the organisation {Organisation}, which is not there")]
    public static partial void UnknownOrganisation(ILogger logger, string organisation);

    [LoggerMessage(Level = LogLevel.Error, Message = "No account could be made or linked: {Reason}")]
    public static partial void NotEnrolled(ILogger logger, string reason);
}
