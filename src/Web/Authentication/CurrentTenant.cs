using System.Security.Claims;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Components.Authorization;

namespace FinOps.Web.Authentication;

/// <summary>Who looks at a page, and whose data they see.</summary>
public sealed record TenantSession(TenantId Tenant, string TenantName, TenantRole Role, Guid UserId, string Email)
{
    /// <param name="policy">One of <see cref="AccessPolicies"/> that asks for a role.</param>
    public bool May(string policy) => AccessTable.Rule(policy) is { Least: { } least, Operator: false } && Role >= least;
}

/// <summary>The session of a page or circuit. Pages ask it, never a parameter, for their tenant.</summary>
public sealed class CurrentTenant(AuthenticationStateProvider authentication)
{
    public async Task<TenantSession> GetAsync()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return new TenantSession(
            user.RequiredTenant(),
            user.FindFirstValue(TenantClaims.TenantName) ?? "",
            user.FindRole() ?? TenantRole.Viewer,
            Guid.Parse(user.FindFirstValue(ClaimTypes.NameIdentifier) ?? throw new InvalidOperationException("A member has no user id.")),
            user.FindFirstValue(ClaimTypes.Email) ?? user.Identity?.Name ?? "");
    }
}
