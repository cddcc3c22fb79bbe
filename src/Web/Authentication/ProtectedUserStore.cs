using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;

namespace FinOps.Web.Authentication;

/// <summary>
/// Keeps what belongs to the second factor, the authenticator's key and the recovery codes, encrypted. A value whose key is gone throws: taken for a missing
/// one it would let the account in without its second factor.
/// </summary>
internal sealed class ProtectedUserStore(FinOpsDbContext context, IDataProtectionProvider protection, IdentityErrorDescriber? describer = null)
    : UserOnlyStore<AppUser, FinOpsDbContext, Guid>(context, describer)
{
    private readonly IDataProtector _protector = protection.CreateProtector("FinOps.Accounts.SecondFactor");

    public override Task SetTokenAsync(AppUser user, string loginProvider, string name, string? value, CancellationToken cancellationToken) =>
        base.SetTokenAsync(user, loginProvider, name, value is null ? null : _protector.Protect(value), cancellationToken);

    public override async Task<string?> GetTokenAsync(AppUser user, string loginProvider, string name, CancellationToken cancellationToken) =>
        await base.GetTokenAsync(user, loginProvider, name, cancellationToken) is { } value ? _protector.Unprotect(value) : null;
}
