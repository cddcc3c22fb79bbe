using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>
/// Writes sign-ins into the audit record: into the chain of the organisation that the person comes into, or would; into the installation's where there is
/// none, as for an address without an account. What is typed as a password or a code is never recorded.
/// </summary>
public sealed class SignInRecord(AuditTrail audit, Members members)
{
    /// <param name="tenant">Where they come in; null: nowhere yet.</param>
    /// <param name="person">Who signs in.</param>
    /// <param name="how">With what.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public Task SucceededAsync(TenantId? tenant, Actor person, object how, CancellationToken cancellationToken) =>
        audit.RecordAsync(tenant ?? AuditTrail.Installation, new AuditEntry(person, AuditActs.SignInSucceeded, person.Id, person.Name) { After = how }, cancellationToken);

    /// <param name="user">Null where the address has no account.</param>
    /// <param name="typed">The address that was typed.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="lockedOut">The account is locked now.</param>
    /// <param name="why">Which step failed.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task FailedAsync(AppUser? user, string typed, string? address, bool lockedOut, string why, CancellationToken cancellationToken)
    {
        // Asked for nobody, too: the time of an answer shall not tell which addresses exist.
        var place = MemberClaims.Choose(await members.PlacesOfAsync(user?.Id ?? Guid.Empty, cancellationToken), user?.LastTenantId);
        var person = new Actor(ActorKind.User, user?.Id.ToString() ?? "", user?.Email ?? typed, address);
        await audit.RecordAsync(
            place?.Tenant ?? AuditTrail.Installation,
            new AuditEntry(person, lockedOut ? AuditActs.SignInLockedOut : AuditActs.SignInFailed, person.Id, person.Name) { Why = why }, cancellationToken);
    }
}
