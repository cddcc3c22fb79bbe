using FinOps.Analytics.Stores.Postgres;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace FinOps.Web.Authentication;

/// <summary>A circuit outlives its request: within seconds it learns of another role or other teams, and is closed to whoever lost the membership or the password.</summary>
internal sealed class RevalidateMembership(ILoggerFactory loggers, RenewPlace place)
    : RevalidatingServerAuthenticationStateProvider(loggers)
{
    /// <summary>One indexed read of PostgreSQL for each open page.</summary>
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(3);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        try
        {
            var renewed = await place.RenewAsync(authenticationState.User, address: null, cancellationToken);
            if (renewed is null) return false;
            if (!ReferenceEquals(renewed, authenticationState.User)) SetAuthenticationState(Task.FromResult(new AuthenticationState(renewed)));
            return true;
        }
        catch (Exception failure) when (PostgresMigrator.IsAway(failure))
        {
            // Nobody lost anything because the store is away for a moment; the next check decides.
            return true;
        }
    }
}
