using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Tenancy;

/// <summary>Which authenticator codes were used: a code seen over somebody's shoulder, or taken from a wire, opens nothing a second time.</summary>
public sealed class AuthenticatorSteps(FinOpsDatabase database)
{
    /// <summary>False when this step, or a later one, was taken before. Two requests with one code at the same time: one of them gets it.</summary>
    public async Task<bool> TakeAsync(Guid userId, long step, CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        return await context.Users.Where(user => user.Id == userId && user.LastCodeStep < step)
            .ExecuteUpdateAsync(user => user.SetProperty(row => row.LastCodeStep, step), cancellationToken) == 1;
    }
}
