using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>Makes organisations for whoever runs the installation: each with its first administrator, or not at all.</summary>
public sealed class NewOrganisations(Tenants tenants, Members members, NewAccounts accounts)
{
    /// <exception cref="TenancyException">There is one of this name, or the address cannot be.</exception>
    public async Task<(TenantHandle Organisation, NewAccount Administrator)> MakeAsync(string name, string email, Actor actor, CancellationToken cancellationToken)
    {
        var account = await accounts.FindOrMakeAsync(email.Trim());
        try
        {
            var made = await tenants.MakeAsync(name, actor, cancellationToken);
            await members.SetAsync(made.Id, account.UserId, TenantRole.Admin, teams: null, actor, cancellationToken);
            return (made, account);
        }
        catch (TenancyException)
        {
            await accounts.TakeBackAsync(account);
            throw;
        }
    }
}
