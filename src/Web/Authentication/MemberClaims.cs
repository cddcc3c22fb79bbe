using System.Security.Claims;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>Adds the user's tenant and role to the cookie: the tenant that they joined first.</summary>
internal sealed class MemberClaims(UserManager<AppUser> users, IOptions<IdentityOptions> options, Tenants tenants)
    : UserClaimsPrincipalFactory<AppUser>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(AppUser user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        if (user.IsOperator) identity.AddClaim(new Claim(TenantClaims.Operator, bool.TrueString));
        if ((await tenants.OfUserAsync(user.Id, CancellationToken.None)) is not [var membership, ..]) return identity;
        identity.AddClaim(new Claim(TenantClaims.Tenant, membership.Tenant.ToString()));
        identity.AddClaim(new Claim(TenantClaims.TenantName, membership.Name));
        identity.AddClaim(new Claim(TenantClaims.Role, membership.Role.ToString()));
        return identity;
    }
}
