using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Tenancy;

/// <summary>What became of a person's memberships when their groups were looked at.</summary>
/// <param name="Unknown">Organisations that a mapping names and that are not there.</param>
public sealed record GroupOutcome(IReadOnlyList<TenantId> Given, IReadOnlyList<TenantId> Taken, IReadOnlyList<string> Unknown);

/// <summary>
/// Lets memberships follow the groups of an OpenID provider. Those that people gave stay as they are. What the provider takes is taken, from the last administrator, too: whoever was
/// put out of a group must not keep its rights. Whoever runs the installation sees the organisation without an administrator, and gives it another.
/// </summary>
public sealed class GroupMemberships(FinOpsDatabase database, Members members, TimeProvider clock)
{
    private static readonly Actor Groups = Actor.OfJob("sign-in by groups");

    /// <param name="user">Whose groups they are.</param>
    /// <param name="wanted">By the organisation's short name.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<GroupOutcome> ApplyAsync(AppUser user, IReadOnlyDictionary<string, TenantRole> wanted, CancellationToken cancellationToken)
    {
        var known = await FindAsync([.. wanted.Keys], cancellationToken);
        List<TenantId> given = [], taken = [];
        foreach (var (slug, tenant) in known)
            if (await GiveAsync(tenant, user, wanted[slug], cancellationToken)) given.Add(tenant);

        foreach (var membership in await members.PlacesOfAsync(user.Id, cancellationToken))
            if (!known.ContainsValue(membership.Tenant) && await TakeAsync(membership.Tenant, user, cancellationToken)) taken.Add(membership.Tenant);
        return new GroupOutcome(given, taken, [.. wanted.Keys.Where(slug => !known.ContainsKey(slug))]);
    }

    private Task<bool> GiveAsync(TenantId tenant, AppUser user, TenantRole role, CancellationToken cancellationToken) =>
        members.ChangeAsync(tenant, async context =>
        {
            var membership = await context.Memberships.SingleOrDefaultAsync(row => row.UserId == user.Id, cancellationToken);
            var before = membership?.Role;
            if (membership is null)
                context.Memberships.Add(new Membership { TenantId = tenant.Value, UserId = user.Id, Role = role, CreatedAt = clock.GetUtcNow(), FromGroups = true });
            else if (membership.FromGroups)
                // An administrator is limited to no teams; other limits are what people set.
                (membership.Role, membership.Teams) = (role, role == TenantRole.Admin ? null : membership.Teams);
            if (await context.SaveChangesAsync(cancellationToken) == 0) return false;
            await RecordAsync(context, user, before is null ? AuditActs.MemberAdded : AuditActs.MemberRoleChanged, before, role, cancellationToken);
            return true;
        }, cancellationToken);

    private Task<bool> TakeAsync(TenantId tenant, AppUser user, CancellationToken cancellationToken) =>
        members.ChangeAsync(tenant, async context =>
        {
            var membership = await context.Memberships.SingleOrDefaultAsync(row => row.UserId == user.Id && row.FromGroups, cancellationToken);
            if (membership is null) return false;
            context.Memberships.Remove(membership);
            await context.SaveChangesAsync(cancellationToken);
            await RecordAsync(context, user, AuditActs.MemberRemoved, membership.Role, after: null, cancellationToken);
            return true;
        }, cancellationToken);

    private static Task RecordAsync(FinOpsDbContext context, AppUser user, string act, TenantRole? before, TenantRole? after, CancellationToken cancellationToken) => AuditTrail.RecordAsync(
        context, new AuditEntry(Groups, act, user.Id.ToString(), user.Email ?? "")
        {
            Before = before is { } was ? new { Role = was } : null,
            After = after is { } now ? new { Role = now } : null,
            Why = "The groups of the OpenID provider",
        }, cancellationToken);

    private async Task<Dictionary<string, TenantId>> FindAsync(string[] slugs, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay("SELECT slug, id FROM finops.find_tenants($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = slugs });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<string, TenantId>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken)) found[row.GetString(0)] = new TenantId(row.GetGuid(1));
        return found;
    }
}
