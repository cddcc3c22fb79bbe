using System.Security.Claims;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace FinOps.Web.Authentication;

/// <summary>A circuit outlives its request: it is closed to whoever lost the membership, the role or the password meanwhile.</summary>
internal sealed class RevalidateMembership(ILoggerFactory loggers, Tenants tenants)
    : RevalidatingServerAuthenticationStateProvider(loggers)
{
    private const string SecurityStamp = "AspNet.Identity.SecurityStamp";

    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        var user = authenticationState.User;
        if (!Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var userId) || user.FindRole() is not { } role) return false;
        var tenant = user.RequiredTenant();
        try
        {
            return await tenants.IsMemberAsync(tenant, userId, role, user.FindFirstValue(SecurityStamp), cancellationToken);
        }
        catch (Exception failure) when (PostgresMigrator.IsAway(failure))
        {
            // Nobody lost anything because the store is away for a moment; the next check decides.
            return true;
        }
    }
}
