using FinOps.Analytics.Audit;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Deletion;

/// <summary>What goes, or went, with a person's account.</summary>
/// <param name="Email">The address that they sign in with.</param>
/// <param name="Organisations">Those that they are, or were, a member of, by name.</param>
/// <param name="Rows">By table of PostgreSQL.</param>
public sealed record AccountDeletion(string Email, IReadOnlyList<string> Organisations, IReadOnlyDictionary<string, long> Rows)
{
    /// <summary>Why it cannot go, and what to do first; null where it can.</summary>
    public string? Refusal { get; init; }
}

/// <summary>
/// Removes one person's account from every organisation, all of it or nothing. That the person asks, or an operator (<c>installation.manage</c>), is the caller's to make sure.
/// The audit record keeps what they did. Their sessions are over within seconds, as after any change of a membership.
/// </summary>
public sealed class DeleteAccount(FinOpsDatabase database)
{
    private const string Why = "The account was deleted.";

    /// <summary>The account with this e-mail address, in whatever case; null where there is none.</summary>
    public async Task<Guid?> FindAsync(string email, CancellationToken cancellationToken)
    {
        var wanted = email.Trim().ToUpperInvariant();
        await using var context = database.OpenWithoutTenant();
        return await context.Users.Where(user => user.NormalizedEmail == wanted).Select(user => (Guid?)user.Id).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>What <see cref="DeleteAsync"/> would remove now, or why it would not; changes nothing. Null where there is no such account.</summary>
    /// <param name="userId">Whose account.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public Task<AccountDeletion?> PreviewAsync(Guid userId, Actor actor, CancellationToken cancellationToken) => database.RunAcrossAsync(async visits =>
    {
        if (await FindAsync(visits, userId, actor, cancellationToken) is not { } person) return null;
        var places = await LookAsync(visits, person, cancellationToken);
        var account = await visits.VisitNobodyAsync(context => context.Database.SqlQuery<string>(
            $"""SELECT json_object_agg(table_name, present)::text AS "Value" FROM finops.account_rows({new[] { person.Id }})""").SingleAsync(cancellationToken), cancellationToken);
        return Sum(person, places, RowCounts.Read(account)) with { Refusal = Refusal(person, places) };
    }, cancellationToken);

    /// <summary>Null where there is no such account.</summary>
    /// <param name="userId">Whose account.</param>
    /// <param name="actor">Who asks. A person who asks for themselves takes along what others sent to their address only where they proved that it is theirs.</param>
    /// <param name="cancellationToken">Ends the work; nothing is removed then.</param>
    /// <exception cref="TenancyException">An organisation, or the installation, would be left without anyone who runs it; or the account was given something at this moment.</exception>
    public Task<AccountDeletion?> DeleteAsync(Guid userId, Actor actor, CancellationToken cancellationToken) => database.RunAcrossAsync(async visits =>
    {
        if (await FindAsync(visits, userId, actor, cancellationToken) is not { } person) return null;
        var places = await LookAsync(visits, person, cancellationToken);
        if (Refusal(person, places) is { } refusal) throw new TenancyException(refusal);
        for (var i = 0; i < places.Count; i++)
            places[i] = places[i] with { Rows = await visits.VisitAsync(places[i].Tenant, context => EmptyAsync(context, person, cancellationToken), cancellationToken) };
        var deletion = Sum(person, places, await visits.VisitNobodyAsync(context => DeleteAsync(context, person, cancellationToken), cancellationToken));

        // Last, for the chains are locked from here on; the installation's after the tenants' (docs/audit.md).
        foreach (var place in places)
            await visits.VisitAsync(place.Tenant, context => RecordAsync(context, person, place, actor, cancellationToken), cancellationToken);
        await visits.VisitAsync(AuditTrail.Installation, context => RecordAsync(context, person.Deleted(actor, deletion.Rows), cancellationToken), cancellationToken);
        return deletion;
    }, cancellationToken);

    private static Task<Person?> FindAsync(TenantVisits visits, Guid userId, Actor actor, CancellationToken cancellationToken) => visits.VisitNobodyAsync(async context =>
    {
        // One after the other: two who run the installation must not both leave.
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended('deletion of accounts', 0))", cancellationToken);
        if (await context.Users.AsNoTracking().SingleOrDefaultAsync(user => user.Id == userId, cancellationToken) is not { } user) return null;
        var isLastOperator = user.IsOperator && !await context.Users.AnyAsync(other => other.IsOperator && other.Id != userId, cancellationToken);
        // Else whoever made an account with somebody's address would see, and take, what other organisations sent there.
        var address = user.EmailConfirmed || actor.Id != userId.ToString() ? user.Email?.ToLowerInvariant() : null;
        return new Person(userId, user.Email ?? "", address, isLastOperator);
    }, cancellationToken);

    /// <summary>From here to the end of the transaction nobody else changes the members of these organisations.</summary>
    private static async Task<List<Place>> LookAsync(TenantVisits visits, Person person, CancellationToken cancellationToken)
    {
        List<Place> places = [];
        foreach (var tenant in await visits.VisitNobodyAsync(context => TenantsAsync(context, person.Id, person.Address, cancellationToken), cancellationToken))
            places.Add(await visits.VisitAsync(new TenantId(tenant), context => LookAsync(context, new TenantId(tenant), person, cancellationToken), cancellationToken));
        return places;
    }

    private static async Task<Place> LookAsync(FinOpsDbContext context, TenantId tenant, Person person, CancellationToken cancellationToken)
    {
        await Members.LockAsync(context, tenant, cancellationToken);
        var membership = await context.Memberships.AsNoTracking().SingleOrDefaultAsync(row => row.UserId == person.Id, cancellationToken);
        var name = await context.Tenants.Select(row => row.Name).SingleAsync(cancellationToken);
        var isLastAdmin = membership?.Role == TenantRole.Admin && !await Members.HasAnotherAdminAsync(context, tenant, person.Id, cancellationToken);
        return new Place(tenant, name, membership, isLastAdmin, new PlaceRows(
            membership is null ? 0 : 1, await Invitations(context, person).CountAsync(cancellationToken), await Mails(context, person).CountAsync(cancellationToken),
            await context.Set<DigestSubscription>().CountAsync(row => row.UserId == person.Id, cancellationToken)));
    }

    private static async Task<PlaceRows> EmptyAsync(FinOpsDbContext context, Person person, CancellationToken cancellationToken)
    {
        // Mails first: which of them carried an invitation is told by the invitation.
        var mails = await Mails(context, person).ExecuteDeleteAsync(cancellationToken);
        var invitations = await Invitations(context, person).ExecuteDeleteAsync(cancellationToken);
        var digests = await context.Set<DigestSubscription>().Where(row => row.UserId == person.Id).ExecuteDeleteAsync(cancellationToken);
        return new PlaceRows(await context.Memberships.Where(row => row.UserId == person.Id).ExecuteDeleteAsync(cancellationToken), invitations, mails, digests);
    }

    private static async Task<SortedDictionary<string, long>> DeleteAsync(FinOpsDbContext context, Person person, CancellationToken cancellationToken)
    {
        // Nobody makes them a member once their row is locked; who did so since the look above would lose a member without an entry of it.
        await context.Database.ExecuteSqlAsync($"SELECT FROM finops.users WHERE id = {person.Id} FOR UPDATE", cancellationToken);
        if ((await TenantsAsync(context, person.Id, address: null, cancellationToken)).Count > 0)
            throw new TenancyException($"{person.Email} joined an organisation at this very moment. Look again at what goes, and ask once more.");
        var rows = await context.Database.SqlQuery<string>(
            $"""SELECT json_object_agg(table_name, deleted)::text AS "Value" FROM finops.delete_accounts({new[] { person.Id }})""").SingleAsync(cancellationToken);
        return RowCounts.Read(rows);
    }

    private static Task<List<Guid>> TenantsAsync(FinOpsDbContext context, Guid userId, string? address, CancellationToken cancellationToken) =>
        context.Database.SqlQuery<Guid>($"""SELECT tenant_id AS "Value" FROM finops.tenants_of_person({userId}, {address})""").ToListAsync(cancellationToken);

    /// <summary>Those to their address, and those that they accepted, to whatever address.</summary>
    private static IQueryable<Invitation> Invitations(FinOpsDbContext context, Person person) =>
        context.Invitations.Where(row => row.Email == person.Address || row.AcceptedBy == person.Id);

    private static IQueryable<OutboxMail> Mails(FinOpsDbContext context, Person person)
    {
        var invitations = Invitations(context, person);
        return context.Mails.Where(mail => mail.Recipient == person.Address || mail.MemberId == person.Id || invitations.Any(invitation => invitation.MailId == mail.Id));
    }

    private static string? Refusal(Person person, List<Place> places)
    {
        var (kept, told) = (places.FindAll(place => place.IsLastAdmin), new List<string>());
        if (kept.Count > 0)
            told.Add($"{person.Email} is the last administrator of {string.Join(", ", kept.Select(place => place.Name))}. Make someone else an administrator there first, or have the organisation deleted.");
        if (person.IsLastOperator)
            told.Add($"{person.Email} is the last who runs the installation. Let someone else take over first: start the server with their FINOPS_BOOTSTRAP_ADMIN_EMAIL and FINOPS_BOOTSTRAP_ADMIN_PASSWORD.");
        return told.Count == 0 ? null : string.Join(' ', told);
    }

    private static AccountDeletion Sum(Person person, List<Place> places, SortedDictionary<string, long> rows)
    {
        foreach (var (table, count) in places.SelectMany(place => place.Rows.ByTable).Concat(new PlaceRows(0, 0, 0, 0).ByTable)) rows[table] = rows.GetValueOrDefault(table) + count;
        return new AccountDeletion(person.Email, [.. places.Where(place => place.Membership is not null).Select(place => place.Name).Order(StringComparer.OrdinalIgnoreCase)], rows);
    }

    private static async Task<bool> RecordAsync(FinOpsDbContext context, Person person, Place place, Actor actor, CancellationToken cancellationToken)
    {
        if (place.Membership is { } was)
        {
            var removed = new AuditEntry(actor, AuditActs.MemberRemoved, person.Id.ToString(), person.Email) { Before = new { was.Role, was.Teams }, Why = Why };
            await AuditTrail.RecordAsync(context, removed, cancellationToken);
        }

        return await RecordAsync(context, person.Deleted(actor, place.Rows.ByTable), cancellationToken);
    }

    private static async Task<bool> RecordAsync(FinOpsDbContext context, AuditEntry entry, CancellationToken cancellationToken)
    {
        await AuditTrail.RecordAsync(context, entry, cancellationToken);
        return true;
    }

    /// <param name="Address">In lower case, as invitations and mails have it; null where what was sent to it is not theirs to take.</param>
    private sealed record Person(Guid Id, string Email, string? Address, bool IsLastOperator)
    {
        public AuditEntry Deleted(Actor actor, IReadOnlyDictionary<string, long> rows) => new(actor, AuditActs.DataDeleted, Id.ToString(), Email) { After = rows, Why = Why };
    }

    /// <summary>An organisation that has something of the person's.</summary>
    /// <param name="Membership">Null where they are only invited.</param>
    private sealed record Place(TenantId Tenant, string Name, Membership? Membership, bool IsLastAdmin, PlaceRows Rows);

    private sealed record PlaceRows(long Memberships, long Invitations, long Mails, long Digests)
    {
        public SortedDictionary<string, long> ByTable { get; } =
            new(StringComparer.Ordinal) { ["memberships"] = Memberships, ["invitations"] = Invitations, ["mail_outbox"] = Mails, ["digest_subscriptions"] = Digests };
    }
}
