using System.Security.Claims;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Components.Authorization;

namespace FinOps.Web.Authentication;

/// <summary>Who looks at a page, and whose data they see.</summary>
public sealed record TenantSession(ReadScope Scope, string TenantName, TenantRole Role, Guid UserId, string Email)
{
    public TenantId Tenant => Scope.Tenant;

    /// <summary>They run the installation.</summary>
    public bool IsOperator { get; init; }

    /// <summary>Why the organisation is suspended; null while it is not.</summary>
    public string? Suspension { get; init; }

    /// <summary>The network address that the page was asked for from; null where none is known.</summary>
    public string? Address { get; init; }

    /// <summary>The person, as the audit record names them.</summary>
    public Actor Actor => Actor.OfUser(UserId, Email, Address);

    /// <param name="policy">One of <see cref="AccessPolicies"/> that asks for a role.</param>
    public bool May(string policy) => AccessTable.Rule(policy).Allows(this);
}

/// <summary>The session of a page or circuit. Pages ask it, never a parameter, for their tenant.</summary>
public sealed class CurrentTenant(AuthenticationStateProvider authentication)
{
    /// <summary>A circuit has no request of its own: the page that opens it hands the address over.</summary>
    public string? Address { get; set; }

    public async Task<TenantSession> GetAsync() => Of((await authentication.GetAuthenticationStateAsync()).User, Address);

    /// <summary>Null for who belongs to no organisation, or is not signed in.</summary>
    public async Task<TenantSession?> FindAsync()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return user.FindTenant() is null ? null : Of(user, Address);
    }

    /// <summary>The session of a member who came in with a cookie.</summary>
    public static TenantSession Of(ClaimsPrincipal user, string? address) => new(
        user.RequiredScope(),
        user.FindFirstValue(TenantClaims.TenantName) ?? "",
        user.FindRole() ?? TenantRole.Viewer,
        user.FindUser() ?? throw new InvalidOperationException("A member has no user id."),
        user.FindFirstValue(ClaimTypes.Email) ?? user.Identity?.Name ?? "")
    {
        IsOperator = user.HasClaim(claim => claim.Type == TenantClaims.Operator),
        Suspension = user.FindFirstValue(TenantClaims.Suspension),
        Address = address,
    };
}
