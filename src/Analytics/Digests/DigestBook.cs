using System.Security.Cryptography;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Digests;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Digests;

/// <summary>Which digests a member gets.</summary>
/// <param name="TimeZone">IANA name of the zone in which weeks and months begin.</param>
public sealed record DigestChoice(bool Weekly, bool Monthly, string TimeZone)
{
    public static DigestChoice None { get; } = new(false, false, "UTC");
}

/// <summary>A digest that is to be written.</summary>
public sealed record DueDigest(TenantId Tenant, Guid UserId, DigestPeriod Period, TimeZoneInfo Zone);

/// <summary>What became of a wish to get a digest at once.</summary>
public enum AskedDigest
{
    Written,

    /// <summary>The last one was asked for a moment ago (<see cref="DigestOptions.SecondsBetweenAsked"/>).</summary>
    TooSoon,

    /// <summary>They are no member, may not see anything now, or there is no mail server.</summary>
    NotPossible,
}

/// <summary>Members' subscriptions to digests. A digest is claimed in the transaction that writes its mail into the outbox, so that there is one of each member and period.</summary>
public sealed class DigestBook(FinOpsDatabase database, TimeProvider clock, IOptions<DigestOptions> options)
{
    public Task<DigestChoice> FindAsync(TenantId tenant, Guid userId, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
        await Rows(context, tenant, userId).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is { } row ? ChoiceOf(row) : DigestChoice.None, cancellationToken);

    /// <summary>The first digest that follows is the one of the period that is going on. What waits to be sent of a kind that is switched off is forgotten. Again changes nothing.</summary>
    /// <exception cref="TenancyException">They are no member, or the time zone is not known.</exception>
    public Task<DigestChoice> SetAsync(TenantId tenant, Guid userId, DigestChoice wanted, Actor actor, CancellationToken cancellationToken)
    {
        if (wanted.TimeZone.Length > DigestConfiguration.MaxZone || !TimeZoneInfo.TryFindSystemTimeZoneById(wanted.TimeZone, out var zone))
            throw new TenancyException($"\"{wanted.TimeZone}\" is not the IANA name of a time zone, for example Europe/Berlin.");
        return database.RunAsync(tenant, async context =>
        {
            var row = await RowAsync(context, tenant, userId, wanted.TimeZone, cancellationToken) ?? throw new TenancyException("They are no member of this organisation (any more).");
            var before = ChoiceOf(row);
            if (before == wanted) return wanted;
            if (wanted.Weekly && !row.Weekly) row.WeeklyTold = Later(row.WeeklyTold, DigestKind.Weekly);
            if (wanted.Monthly && !row.Monthly) row.MonthlyTold = Later(row.MonthlyTold, DigestKind.Monthly);
            if ((row.Weekly && !wanted.Weekly) || (row.Monthly && !wanted.Monthly)) await ForgetWaitingAsync(context, userId, cancellationToken);
            (row.Weekly, row.Monthly, row.TimeZone, row.ChangedAt) = (wanted.Weekly, wanted.Monthly, wanted.TimeZone, Now());
            await context.SaveChangesAsync(cancellationToken);
            var email = await context.Users.Where(user => user.Id == userId).Select(user => user.Email).SingleOrDefaultAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.DigestChanged, userId.ToString(), email ?? "") { Before = before, After = wanted }, cancellationToken);
            return wanted;
        }, cancellationToken);

        DateOnly Later(DateOnly? told, DigestKind kind)
        {
            var due = DigestPeriod.LatestDue(clock.GetUtcNow(), kind, zone, options.Value.Hour).ToldOn;
            return told > due ? told.Value : due;
        }
    }

    /// <summary>By the link in a mail: no more digests of this organisation. False where there were none.</summary>
    public async Task<bool> EndAsync(TenantId tenant, Guid userId, string email, string? address, CancellationToken cancellationToken)
    {
        var choice = await FindAsync(tenant, userId, cancellationToken);
        if (!choice.Weekly && !choice.Monthly) return false;
        await SetAsync(tenant, userId, choice with { Weekly = false, Monthly = false }, new Actor(ActorKind.User, userId.ToString(), email, address), cancellationToken);
        return true;
    }

    /// <summary>All that is to be written by now, of all tenants, the longest due first.</summary>
    public async Task<IReadOnlyList<DueDigest>> DueAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await database.RunAsync(StoreScope.Digests, context => context.Set<DigestSubscription>().IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.Weekly || row.Monthly).OrderBy(row => row.TenantId).ThenBy(row => row.UserId).ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.SelectMany(row => DueOf(row, now)).OrderBy(one => one.Period.DueAt)];
    }

    /// <summary>Writes the mail of a digest, unless it was written before, is not wanted any more, or its member sees less than when it was read: then the next run reads it anew.</summary>
    internal Task<bool> WriteAsync(Digest digest, IDigestLetter letter, CancellationToken cancellationToken) => database.RunAsync(digest.Place.Tenant, async context =>
    {
        var (tenant, user, told) = (digest.Place.Tenant.Value, digest.UserId, digest.Period.ToldOn);
        if (!await SeesAsMuchAsync(context, digest, cancellationToken)) return false;
        var claimed = digest.Period.Kind == DigestKind.Weekly
            ? await context.Database.ExecuteSqlAsync($"UPDATE finops.digest_subscriptions SET weekly_told = {told} WHERE tenant_id = {tenant} AND user_id = {user} AND weekly AND (weekly_told IS NULL OR weekly_told < {told})", cancellationToken)
            : await context.Database.ExecuteSqlAsync($"UPDATE finops.digest_subscriptions SET monthly_told = {told} WHERE tenant_id = {tenant} AND user_id = {user} AND monthly AND (monthly_told IS NULL OR monthly_told < {told})", cancellationToken);
        if (claimed == 0) return false;
        context.Add(letter.Write(IdOf(digest), digest));
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>The same at once, beside those of the subscription.</summary>
    internal Task<AskedDigest> WriteAskedAsync(Digest digest, IDigestLetter letter, CancellationToken cancellationToken) => database.RunAsync(digest.Place.Tenant, async context =>
    {
        var (tenant, now) = (digest.Place.Tenant, Now());
        if (!await SeesAsMuchAsync(context, digest, cancellationToken) || await RowAsync(context, tenant, digest.UserId, digest.Zone.Id, cancellationToken) is not { } row) return AskedDigest.NotPossible;
        if (row.AskedAt is { } last && now - last < TimeSpan.FromSeconds(options.Value.SecondsBetweenAsked)) return AskedDigest.TooSoon;
        row.AskedAt = now;
        context.Add(letter.Write(Guid.CreateVersion7(now), digest));
        await context.SaveChangesAsync(cancellationToken);
        return AskedDigest.Written;
    }, cancellationToken);

    /// <summary>Forgets what a member was to get and has not got yet: they left, want no more, or may see less.</summary>
    internal static Task<int> ForgetWaitingAsync(FinOpsDbContext context, Guid userId, CancellationToken cancellationToken) =>
        context.Mails.Where(mail => mail.MemberId == userId && mail.State == MailState.Waiting).ExecuteDeleteAsync(cancellationToken);

    private IEnumerable<DueDigest> DueOf(DigestSubscription row, DateTimeOffset now)
    {
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(row.TimeZone, out var known) ? known : TimeZoneInfo.Utc;
        foreach (var kind in Enum.GetValues<DigestKind>().Where(row.Has))
        {
            var period = DigestPeriod.LatestDue(now, kind, zone, options.Value.Hour);
            if (row.Told(kind) is not { } told || told < period.ToldOn) yield return new DueDigest(new TenantId(row.TenantId), row.UserId, period, zone);
        }
    }

    /// <summary>Locked, so that it stays so until the mail is written.</summary>
    private static async Task<bool> SeesAsMuchAsync(FinOpsDbContext context, Digest digest, CancellationToken cancellationToken)
    {
        var rows = await context.Memberships.FromSql($"SELECT * FROM finops.memberships WHERE tenant_id = {digest.Place.Tenant.Value} AND user_id = {digest.UserId} FOR SHARE").AsNoTracking().ToListAsync(cancellationToken);
        return rows is [var row] && (row.Teams is null ? digest.Place.Scope.IsWhole : !digest.Place.Scope.IsWhole && digest.Place.Scope.Teams!.SequenceEqual(row.Teams.Order(StringComparer.Ordinal), StringComparer.Ordinal));
    }

    /// <summary>The member's row, new where they had none; null where they are no member. Locked by their membership.</summary>
    private async Task<DigestSubscription?> RowAsync(FinOpsDbContext context, TenantId tenant, Guid userId, string timeZone, CancellationToken cancellationToken)
    {
        var member = await context.Memberships.FromSql($"SELECT * FROM finops.memberships WHERE tenant_id = {tenant.Value} AND user_id = {userId} FOR NO KEY UPDATE").AsNoTracking().ToListAsync(cancellationToken);
        if (member.Count == 0) return null;
        if (await Rows(context, tenant, userId).SingleOrDefaultAsync(cancellationToken) is { } row) return row;
        var made = new DigestSubscription { TenantId = tenant.Value, UserId = userId, Weekly = false, Monthly = false, TimeZone = timeZone, ChangedAt = Now() };
        context.Add(made);
        return made;
    }

    private static Guid IdOf(Digest digest) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"digest/{digest.Place.Tenant}/{digest.UserId}/{digest.Period.Kind}/{digest.Period.ToldOn:O}")).AsSpan(0, 16));

    private static DigestChoice ChoiceOf(DigestSubscription row) => new(row.Weekly, row.Monthly, row.TimeZone);

    private static IQueryable<DigestSubscription> Rows(FinOpsDbContext context, TenantId tenant, Guid userId) =>
        context.Set<DigestSubscription>().Where(row => row.TenantId == tenant.Value && row.UserId == userId);

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
