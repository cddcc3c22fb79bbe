using System.Net.Mail;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Tenancy;

/// <summary>Whom an administrator invites, and as what.</summary>
public sealed record InvitationRequest(string Email, TenantRole Role, Actor InvitedBy)
{
    /// <summary>The only teams whose spend they will see; null: the whole organisation's.</summary>
    public IReadOnlyList<string>? Teams { get; init; }
}

/// <summary>An invitation that was just made or sent again. The only time that its token can be read.</summary>
public sealed record MadeInvitation(Guid Id, TenantId Tenant, string TenantName, string Email, TenantRole Role, string InvitedBy, DateTimeOffset ExpiresAt, string Token);

/// <summary>An open invitation as its list shows it.</summary>
/// <param name="Mail">Null where the link was copied.</param>
public sealed record InvitationRow(Guid Id, string Email, TenantRole Role, IReadOnlyList<string>? Teams, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, MailState? Mail, string? MailReason);

/// <summary>What a token leads to.</summary>
/// <param name="Mailed">The link came by mail, so that whoever has it can read what is sent to the address.</param>
public sealed record FoundInvitation(Guid Id, TenantId Tenant, string TenantName, string Email, TenantRole Role, InvitationState State, bool Mailed);

public enum InvitationState
{
    Open,
    Accepted,
    Revoked,
    Expired,
}

/// <summary>Makes, lists, sends again, revokes, finds and accepts invitations. A token is accepted once: that is one conditional update.</summary>
public sealed class Invitations(FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Open invitations of one tenant. Default 500: nobody fills the table, or the mail server, by inviting.</summary>
    public const int MaxOpen = 500;

    /// <summary>Invites, or renews the open invitation of this person: the former link is dead then.</summary>
    /// <param name="mail">Makes the mail for the outbox, from the only moment at which the token is known; null where there is no mail server.</param>
    public async Task<MadeInvitation> InviteAsync(
        TenantId tenant, InvitationRequest request, TimeSpan lifetime, Func<MadeInvitation, OutboxMail?> mail, CancellationToken cancellationToken)
    {
        var email = Normalise(request.Email);
        var teams = request.Teams is null ? null : Members.CheckedTeams(request.Role, request.Teams);
        return await database.RunAsync(tenant, async context =>
        {
            if (await context.Memberships.Join(context.Users, member => member.UserId, user => user.Id, (_, user) => user.NormalizedEmail)
                .AnyAsync(known => known == email.ToUpperInvariant(), cancellationToken)) throw new TenancyException($"{email} is already a member.");
            var invitation = await context.Invitations.SingleOrDefaultAsync(row => row.Email == email && row.AcceptedAt == null && row.RevokedAt == null, cancellationToken);
            if (invitation is null)
            {
                if (await context.Invitations.CountAsync(row => row.AcceptedAt == null && row.RevokedAt == null, cancellationToken) >= MaxOpen)
                    throw new TenancyException($"An organisation has at most {MaxOpen} open invitations. Revoke old ones.");
                invitation = new Invitation
                {
                    Id = Guid.CreateVersion7(clock.GetUtcNow()),
                    TenantId = tenant.Value,
                    Email = email,
                    Role = request.Role,
                    Sha256 = [],
                    CreatedAt = clock.GetUtcNow(),
                    CreatedBy = request.InvitedBy.Name,
                    ExpiresAt = clock.GetUtcNow(),
                };
                context.Invitations.Add(invitation);
            }

            (invitation.Role, invitation.Teams, invitation.CreatedBy) = (request.Role, teams, request.InvitedBy.Name);
            return await IssueAsync(context, invitation, request.InvitedBy, lifetime, mail, cancellationToken);
        }, cancellationToken);
    }

    /// <summary>A new link for an open invitation; the former one is dead. Null where it is no longer open.</summary>
    public Task<MadeInvitation?> RenewAsync(TenantId tenant, Guid id, Actor actor, TimeSpan lifetime, Func<MadeInvitation, OutboxMail?> mail, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, async context =>
            await context.Invitations.SingleOrDefaultAsync(row => row.Id == id && row.AcceptedAt == null && row.RevokedAt == null, cancellationToken) is { } invitation
                ? await IssueAsync(context, invitation, actor, lifetime, mail, cancellationToken)
                : null, cancellationToken);

    /// <summary>False when it is no longer open.</summary>
    public Task<bool> RevokeAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var revoked = await context.Invitations.Where(row => row.Id == id && row.AcceptedAt == null && row.RevokedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(invitation => invitation.RevokedAt, clock.GetUtcNow()), cancellationToken);
        if (revoked == 0) return false;
        await RecordAsync(context, actor, AuditActs.InvitationRevoked, await context.Invitations.AsNoTracking().SingleAsync(row => row.Id == id, cancellationToken), cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>Those that were neither accepted nor revoked, expired ones too, with what became of their mail.</summary>
    public async Task<IReadOnlyList<InvitationRow>> OpenAsync(TenantId tenant, CancellationToken cancellationToken) =>
        await database.RunAsync(tenant, context => context.Invitations.AsNoTracking()
            .Where(row => row.AcceptedAt == null && row.RevokedAt == null)
            .OrderByDescending(row => row.CreatedAt).Take(MaxOpen)
            .Select(row => new InvitationRow(
                row.Id, row.Email, row.Role, row.Teams, row.CreatedBy, row.CreatedAt, row.ExpiresAt,
                context.Mails.Where(mail => mail.Id == row.MailId).Select(mail => (MailState?)mail.State).FirstOrDefault(),
                context.Mails.Where(mail => mail.Id == row.MailId).Select(mail => mail.Reason).FirstOrDefault()))
            .ToListAsync(cancellationToken), cancellationToken);

    /// <summary>What the token leads to, whatever became of it; null for one that never was.</summary>
    public async Task<FoundInvitation?> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (!InvitationToken.IsWellFormed(token)) return null;
        var found = await ReadAsync("SELECT * FROM finops.find_invitation($1)", AccessKeyToken.Hash(token), cancellationToken);
        return found is [var invitation] ? invitation : null;
    }

    /// <summary>The open invitations of whoever was proved to own this address.</summary>
    public Task<IReadOnlyList<FoundInvitation>> OpenForAsync(string provenEmail, CancellationToken cancellationToken) =>
        ReadAsync("SELECT * FROM finops.open_invitations_of($1)", provenEmail.Trim().ToLowerInvariant(), cancellationToken);

    /// <summary>Makes the account a member. False when the invitation is no longer open: nothing is changed then.</summary>
    public Task<bool> AcceptAsync(FoundInvitation invitation, AppUser account, string? address, CancellationToken cancellationToken) =>
        AcceptAsync(invitation, account, isNew: false, address, cancellationToken);

    /// <summary>Makes the account and its membership, both or neither.</summary>
    /// <param name="invitation">What the token led to.</param>
    /// <param name="account">Checked by the caller: address, password and their normal forms.</param>
    /// <param name="address">Where they come from.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public Task<bool> AcceptWithAccountAsync(FoundInvitation invitation, AppUser account, string? address, CancellationToken cancellationToken) =>
        AcceptAsync(invitation, account, isNew: true, address, cancellationToken);

    private Task<bool> AcceptAsync(FoundInvitation invitation, AppUser account, bool isNew, string? address, CancellationToken cancellationToken) =>
        database.RunAsync(invitation.Tenant, async context =>
        {
            var now = clock.GetUtcNow();
            var accepted = await context.Invitations
                .Where(row => row.Id == invitation.Id && row.AcceptedAt == null && row.RevokedAt == null && row.ExpiresAt > now)
                .ExecuteUpdateAsync(row => row.SetProperty(i => i.AcceptedAt, now).SetProperty(i => i.AcceptedBy, account.Id), cancellationToken);
            if (accepted == 0) return false;
            if (isNew)
            {
                context.Users.Add(account);
                await context.SaveChangesAsync(cancellationToken);
            }

            var offer = await context.Invitations.AsNoTracking().SingleAsync(row => row.Id == invitation.Id, cancellationToken);
            var membership = await context.Memberships.SingleOrDefaultAsync(row => row.UserId == account.Id, cancellationToken);
            var joins = membership is null;
            if (membership is null)
                context.Memberships.Add(new Membership { TenantId = invitation.Tenant.Value, UserId = account.Id, Role = offer.Role, Teams = offer.Teams, CreatedAt = now });
            else if (membership.Role < offer.Role) (membership.Role, membership.Teams) = (offer.Role, offer.Teams);
            await context.SaveChangesAsync(cancellationToken);
            var person = Actor.OfUser(account.Id, account.Email ?? "", address);
            await RecordAsync(context, person, AuditActs.InvitationAccepted, offer, cancellationToken);
            if (joins) await AuditTrail.RecordAsync(context, new AuditEntry(person, AuditActs.MemberAdded, person.Id, person.Name) { After = new { offer.Role, offer.Teams } }, cancellationToken);
            return true;
        }, cancellationToken);

    private static Task RecordAsync(FinOpsDbContext context, Actor actor, string act, Invitation invitation, CancellationToken cancellationToken) => AuditTrail.RecordAsync(
        context, new AuditEntry(actor, act, invitation.Id.ToString(), invitation.Email) { After = new { invitation.Role, invitation.Teams, invitation.ExpiresAt, Mailed = invitation.MailId is not null } }, cancellationToken);

    private async Task<MadeInvitation> IssueAsync(
        FinOpsDbContext context, Invitation invitation, Actor actor, TimeSpan lifetime, Func<MadeInvitation, OutboxMail?> mail, CancellationToken cancellationToken)
    {
        var token = InvitationToken.Create();
        var tenantName = await context.Tenants.Where(row => row.Id == invitation.TenantId).Select(row => row.Name).SingleAsync(cancellationToken);
        (invitation.Sha256, invitation.ExpiresAt) = (AccessKeyToken.Hash(token), clock.GetUtcNow() + lifetime);
        var made = new MadeInvitation(
            invitation.Id, new TenantId(invitation.TenantId), tenantName, invitation.Email, invitation.Role, invitation.CreatedBy, invitation.ExpiresAt, token);
        var letter = mail(made);
        if (letter is not null) context.Mails.Add(letter);
        invitation.MailId = letter?.Id;
        await context.SaveChangesAsync(cancellationToken);
        await RecordAsync(context, actor, AuditActs.InvitationSent, invitation, cancellationToken);
        return made;
    }

    private async Task<IReadOnlyList<FoundInvitation>> ReadAsync(string call, object parameter, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(call);
        command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<FoundInvitation> found = [];
        while (await row.ReadAsync(cancellationToken))
        {
            var state = !row.IsDBNull(6) ? InvitationState.Accepted
                : !row.IsDBNull(7) ? InvitationState.Revoked
                : row.GetFieldValue<DateTimeOffset>(5) <= clock.GetUtcNow() ? InvitationState.Expired
                : InvitationState.Open;
            found.Add(new FoundInvitation(
                row.GetGuid(0), new TenantId(row.GetGuid(1)), row.GetString(2), row.GetString(3), Enum.Parse<TenantRole>(row.GetString(4)), state, row.GetBoolean(8)));
        }

        return found;
    }

    private static string Normalise(string email)
    {
        var trimmed = email.Trim();
        if (trimmed.Length > Invitation.MaxEmailLength || !MailAddress.TryCreate(trimmed, out var address) || address.Address != trimmed)
            throw new TenancyException($"{(trimmed.Length > 80 ? "This" : trimmed)} is no e-mail address.");
        return trimmed.ToLowerInvariant();
    }
}
