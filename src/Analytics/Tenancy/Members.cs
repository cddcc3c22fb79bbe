using FinOps.Analytics.Audit;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Tenancy;

/// <summary>A member of a tenant as its list shows them.</summary>
/// <param name="Teams">The only teams whose spend they see; null: the whole organisation's.</param>
public sealed record MemberRow(Guid UserId, string Email, TenantRole Role, IReadOnlyList<string>? Teams, DateTimeOffset CreatedAt);

/// <summary>A person's place in a tenant, as it is now.</summary>
/// <param name="Scope">The tenant, and how much of its spend they see.</param>
/// <param name="TenantName">What the tenant is called.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Suspension">Why whoever runs the installation suspended the tenant; null while it is not.</param>
public sealed record MemberPlace(ReadScope Scope, string TenantName, TenantRole Role, string? Suspension)
{
    public TenantId Tenant => Scope.Tenant;
}

/// <summary>What a session rests on, read in one go.</summary>
/// <param name="SecurityStamp">Changes with the password: sessions of before are over.</param>
/// <param name="IsOperator">Runs the installation.</param>
/// <param name="Place">Null: they are no member of the tenant that was asked about.</param>
public sealed record Standing(string? SecurityStamp, bool IsOperator, MemberPlace? Place);

/// <summary>Who belongs to a tenant, as what, and how much of its spend they see. No person takes an organisation's last administrator (<see cref="GroupMemberships"/> may).</summary>
public sealed class Members(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Members that a list shows. Default 1000.</summary>
    private const int MaxListed = 1000;

    /// <summary>Letters of a team's name. Default 200: a longer one is a mistake.</summary>
    public const int MaxTeamLength = 200;

    private const string LastAdmin = "This is the last administrator: an organisation keeps at least one. Make someone else an administrator first.";

    public async Task<IReadOnlyList<MemberRow>> ListAsync(TenantId tenant, CancellationToken cancellationToken) =>
        await database.RunAsync(tenant, context => context.Memberships.AsNoTracking()
            .Where(row => row.TenantId == tenant.Value)
            .Join(context.Users, row => row.UserId, user => user.Id, (row, user) => new { row, user })
            .OrderBy(pair => pair.user.Email)
            .Take(MaxListed)
            .Select(pair => new MemberRow(pair.user.Id, pair.user.Email ?? "", pair.row.Role, pair.row.Teams, pair.row.CreatedAt))
            .ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Gives the person this role in the tenant and limits them to these teams (null: to none), whatever they had.</summary>
    /// <exception cref="TenancyException">The last administrator would be gone, or the teams cannot be.</exception>
    public Task SetAsync(TenantId tenant, Guid userId, TenantRole role, IReadOnlyList<string>? teams, Actor actor, CancellationToken cancellationToken)
    {
        var limits = teams is null ? null : CheckedTeams(role, teams);
        return ChangeAsync(tenant, async context =>
        {
            var present = await context.Memberships.SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.UserId == userId, cancellationToken);
            var before = present is null ? null : new State(present.Role, present.Teams);
            if (present is null)
            {
                context.Memberships.Add(new Membership { TenantId = tenant.Value, UserId = userId, Role = role, Teams = limits, CreatedAt = clock.GetUtcNow() });
            }
            else
            {
                if (present.Role == TenantRole.Admin && role != TenantRole.Admin) await RequireAnotherAdminAsync(context, tenant, userId, cancellationToken);
                // What waits to be told to them may be of more than they see now.
                if (!(present.Teams ?? []).SequenceEqual(limits ?? [], StringComparer.Ordinal)) await DigestBook.ForgetWaitingAsync(context, userId, cancellationToken);
                (present.Role, present.Teams) = (role, limits);
            }

            await context.SaveChangesAsync(cancellationToken);
            await RecordAsync(context, userId, before, new State(role, limits), actor, cancellationToken);
            return true;
        }, cancellationToken);
    }

    /// <summary>False when they were no member. The account stays: it may belong to other organisations.</summary>
    /// <exception cref="TenancyException">They are the last administrator.</exception>
    public Task<bool> RemoveAsync(TenantId tenant, Guid userId, Actor actor, CancellationToken cancellationToken) => ChangeAsync(tenant, async context =>
    {
        var present = await context.Memberships.SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.UserId == userId, cancellationToken);
        if (present is null) return false;
        if (present.Role == TenantRole.Admin) await RequireAnotherAdminAsync(context, tenant, userId, cancellationToken);
        context.Memberships.Remove(present);
        await context.SaveChangesAsync(cancellationToken);
        await RecordAsync(context, userId, new State(present.Role, present.Teams), null, actor, cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>The tenants that a person belongs to, by the time at which they joined: asked at sign-in, before a tenant is known.</summary>
    public async Task<IReadOnlyList<MemberPlace>> PlacesOfAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(
            "SELECT tenant_id, name, role, teams, suspension FROM finops.memberships_of($1) ORDER BY created_at, tenant_id");
        command.Parameters.Add(new NpgsqlParameter { Value = userId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<MemberPlace> places = [];
        while (await row.ReadAsync(cancellationToken)) places.Add(Place(row, 0));
        return places;
    }

    /// <summary>What a session of this person in this tenant rests on, in one round trip; null: the account is gone. Asked every few seconds for each open page.</summary>
    public async Task<Standing?> StandingAsync(Guid userId, TenantId tenant, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(
            "SELECT security_stamp, is_operator, tenant_id, name, role, teams, suspension FROM finops.standing_of($1, $2)");
        command.Parameters.Add(new NpgsqlParameter { Value = userId });
        command.Parameters.Add(new NpgsqlParameter { Value = tenant.Value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        return new Standing(row.IsDBNull(0) ? null : row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : Place(row, 2));
    }

    /// <summary>Remembers which organisation the person looks at, for their next sign-in.</summary>
    public async Task RememberChoiceAsync(Guid userId, TenantId tenant, CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        await context.Users.Where(user => user.Id == userId)
            .ExecuteUpdateAsync(row => row.SetProperty(user => user.LastTenantId, tenant.Value), cancellationToken);
    }

    /// <summary>What the audit record keeps of a place.</summary>
    private sealed record State(TenantRole Role, IReadOnlyList<string>? Teams);

    /// <summary>An entry for the role and one for the reach, as far as they are others than before.</summary>
    private static async Task RecordAsync(FinOpsDbContext context, Guid userId, State? before, State? after, Actor actor, CancellationToken cancellationToken)
    {
        var email = await context.Users.Where(user => user.Id == userId).Select(user => user.Email).SingleOrDefaultAsync(cancellationToken);
        List<string> acts = [];
        if (before is null) acts.Add(AuditActs.MemberAdded);
        else if (after is null) acts.Add(AuditActs.MemberRemoved);
        else
        {
            if (before.Role != after.Role) acts.Add(AuditActs.MemberRoleChanged);
            if (!(before.Teams ?? []).SequenceEqual(after.Teams ?? [], StringComparer.Ordinal)) acts.Add(AuditActs.MemberScopeChanged);
        }

        foreach (var act in acts)
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, act, userId.ToString(), email ?? "") { Before = before, After = after }, cancellationToken);
    }

    private static MemberPlace Place(NpgsqlDataReader row, int first)
    {
        var tenant = new TenantId(row.GetGuid(first));
        var teams = row.IsDBNull(first + 3) ? null : row.GetFieldValue<string[]>(first + 3);
        return new MemberPlace(
            teams is null ? ReadScope.Whole(tenant) : ReadScope.OfTeams(tenant, teams), row.GetString(first + 1), Enum.Parse<TenantRole>(row.GetString(first + 2)),
            row.IsDBNull(first + 4) ? null : row.GetString(first + 4));
    }

    /// <summary>Changes of one tenant's members come one after the other: two administrators who demote each other at once must not both succeed.</summary>
    internal Task<T> ChangeAsync<T>(TenantId tenant, Func<FinOpsDbContext, Task<T>> change, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            return await change(context);
        }, cancellationToken);

    internal static Task LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"members of " + tenant}, 0))", cancellationToken);

    private static async Task RequireAnotherAdminAsync(FinOpsDbContext context, TenantId tenant, Guid userId, CancellationToken cancellationToken)
    {
        if (!await HasAnotherAdminAsync(context, tenant, userId, cancellationToken)) throw new TenancyException(LastAdmin);
    }

    /// <summary>Needs the lock: two administrators may leave at once.</summary>
    internal static Task<bool> HasAnotherAdminAsync(FinOpsDbContext context, TenantId tenant, Guid userId, CancellationToken cancellationToken) =>
        context.Memberships.AnyAsync(row => row.TenantId == tenant.Value && row.UserId != userId && row.Role == TenantRole.Admin, cancellationToken);

    /// <summary>The teams without repetitions and in order.</summary>
    /// <exception cref="TenancyException">They cannot be, or not for this role.</exception>
    public static string[] CheckedTeams(TenantRole role, IReadOnlyList<string> teams)
    {
        string[] names = [.. teams.Select(team => team.Trim()).Where(team => team.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.Length == 0) throw new TenancyException("Name at least one team, or let them see the whole organisation.");
        if (names.Length > ReadScope.MaxTeams) throw new TenancyException($"A member is limited to at most {ReadScope.MaxTeams} teams.");
        if (Array.Exists(names, team => team.Length > MaxTeamLength)) throw new TenancyException($"A team's name has at most {MaxTeamLength} characters.");
        if (role == TenantRole.Admin) throw new TenancyException("An administrator manages the whole organisation, and cannot be limited to teams.");
        return names;
    }
}
