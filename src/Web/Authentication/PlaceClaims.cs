using System.Security.Claims;
using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>A person's place in a tenant as claims, and how newer ones take the place of older ones. Pure.</summary>
internal static class PlaceClaims
{
    private static readonly string[] Types =
    [
        TenantClaims.Tenant, TenantClaims.TenantName, TenantClaims.Role, TenantClaims.Reach, TenantClaims.Team, TenantClaims.Suspension, TenantClaims.Operator,
    ];

    /// <param name="place">Null: they belong to no tenant.</param>
    /// <param name="isOperator">They run the installation.</param>
    public static IEnumerable<Claim> Of(MemberPlace? place, bool isOperator)
    {
        if (isOperator) yield return new Claim(TenantClaims.Operator, bool.TrueString);
        if (place is null) yield break;
        yield return new Claim(TenantClaims.Tenant, place.Tenant.ToString());
        yield return new Claim(TenantClaims.TenantName, place.TenantName);
        yield return new Claim(TenantClaims.Role, place.Role.ToString());
        yield return new Claim(TenantClaims.Reach, place.Scope.IsWhole ? TenantClaims.WholeOrganisation : TenantClaims.SomeTeams);
        foreach (var team in place.Scope.Teams ?? []) yield return new Claim(TenantClaims.Team, team);
        if (place.Suspension is { } reason) yield return new Claim(TenantClaims.Suspension, reason);
    }

    /// <summary>The same person with this place; the very same object where nothing has changed.</summary>
    public static ClaimsPrincipal Replace(ClaimsPrincipal user, MemberPlace? place, bool isOperator)
    {
        List<Claim> claims = [.. Of(place, isOperator)];
        if (Text(claims) == Text(user.Claims)) return user;
        var identity = (ClaimsIdentity)user.Identity!;
        return new ClaimsPrincipal(new ClaimsIdentity(
            user.Claims.Where(claim => !Types.Contains(claim.Type)).Concat(claims), identity.AuthenticationType, identity.NameClaimType, identity.RoleClaimType));
    }

    /// <summary>Equal for two principals who see and may do the same. What a tenant is called does not matter to it.</summary>
    public static string Fingerprint(ClaimsPrincipal user) => Text(user.Claims.Where(claim => claim.Type != TenantClaims.TenantName));

    private static string Text(IEnumerable<Claim> claims) => string.Join('\n', claims
        .Where(claim => Types.Contains(claim.Type)).Select(claim => $"{claim.Type}={claim.Value}").Order(StringComparer.Ordinal));
}
