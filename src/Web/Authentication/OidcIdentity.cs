using System.Security.Claims;
using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>Whom the provider vouches for. Issuer and subject are the identity; the e-mail address is what the provider says of it.</summary>
internal sealed record OidcIdentity(string Issuer, string Subject, string? Email, bool EmailVerified, IReadOnlySet<string> Groups)
{
    /// <summary>Null where the provider named no issuer or no subject.</summary>
    public static OidcIdentity? Of(ClaimsPrincipal principal, string groupClaim) =>
        principal.FindFirst("sub") is { Value.Length: > 0 } subject && principal.FindFirstValue("iss") is { Length: > 0 } issuer
            ? new OidcIdentity(
                issuer, subject.Value, principal.FindFirstValue("email")?.Trim() is { Length: > 0 } email ? email : null,
                string.Equals(principal.FindFirstValue("email_verified"), "true", StringComparison.OrdinalIgnoreCase),
                principal.FindAll(groupClaim).Select(claim => claim.Value).ToHashSet(StringComparer.Ordinal))
            : null;

    /// <summary>The role in each organisation that the person's groups give, by the organisation's short name.</summary>
    public Dictionary<string, TenantRole> Roles(IEnumerable<GroupMapping> mappings) => mappings
        .Where(mapping => Groups.Contains(mapping.Group))
        .GroupBy(mapping => mapping.Organisation, StringComparer.Ordinal)
        .ToDictionary(organisation => organisation.Key, organisation => organisation.Max(mapping => mapping.Role), StringComparer.Ordinal);
}

/// <summary>What is to become of a person who comes for the first time.</summary>
internal enum FirstSignIn
{
    MakeAccount,

    /// <summary>They get the local account with their address.</summary>
    LinkAccount,

    /// <summary>No group and no invitation makes them a member of anything.</summary>
    RefuseWithoutMembership,

    RefuseWithoutEmail,

    /// <summary>The address has a local account, which its e-mail address alone does not open.</summary>
    RefuseTakenEmail,
}

internal static class FirstSignIns
{
    /// <param name="identity">Whom the provider vouches for.</param>
    /// <param name="local">The local account with the same address, if there is one.</param>
    /// <param name="hasMembership">A group or an open invitation would make them a member.</param>
    /// <param name="linkVerifiedEmail">What the installation allows.</param>
    public static FirstSignIn Decide(OidcIdentity identity, AppUser? local, bool hasMembership, bool linkVerifiedEmail)
    {
        if (identity.Email is null) return FirstSignIn.RefuseWithoutEmail;
        // An unproved address on either side would let somebody prepare an account for a person who comes later.
        if (local is not null) return linkVerifiedEmail && identity.EmailVerified && local.EmailConfirmed ? FirstSignIn.LinkAccount : FirstSignIn.RefuseTakenEmail;
        return hasMembership ? FirstSignIn.MakeAccount : FirstSignIn.RefuseWithoutMembership;
    }
}
