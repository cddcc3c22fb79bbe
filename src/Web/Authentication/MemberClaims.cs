using System.Security.Claims;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>Adds the user's tenant and role to the cookie: the tenant that they joined first.</summary>
internal sealed class MemberClaims(UserManager<AppUser> users, IOptions<IdentityOptions> options, IDbContextFactory<FinOpsDbContext> contexts)
    : UserClaimsPrincipalFactory<AppUser>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(AppUser user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        await using var context = await contexts.CreateDbContextAsync();
        var membership = await context.Memberships.AsNoTracking()
            .Where(row => row.UserId == user.Id)
            .Join(context.Tenants, row => row.TenantId, tenant => tenant.Id, (row, tenant) => new { row.TenantId, tenant.Name, row.Role, row.CreatedAt })
            .OrderBy(row => row.CreatedAt).ThenBy(row => row.TenantId)
            .FirstOrDefaultAsync();
        if (membership is null) return identity;
        identity.AddClaim(new Claim(TenantClaims.Tenant, membership.TenantId.ToString()));
        identity.AddClaim(new Claim(TenantClaims.TenantName, membership.Name));
        identity.AddClaim(new Claim(TenantClaims.Role, membership.Role.ToString()));
        return identity;
    }
}
