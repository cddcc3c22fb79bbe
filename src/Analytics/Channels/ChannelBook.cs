using System.Globalization;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Channels;

/// <summary>A channel with how it stands.</summary>
/// <param name="Last">The latest try; null where there was none.</param>
/// <param name="Waiting">Messages that wait.</param>
/// <param name="Dead">Messages that were given up.</param>
public sealed record ChannelStanding(RecordedChannel Row, Channel Channel, ChannelAttempt? Last, int Waiting, int Dead);

/// <summary>A channel or a route was not changed: somebody else changed it since it was seen.</summary>
public sealed class ChannelConflictException(string message) : Exception(message);

/// <summary>Makes, changes, removes and lists a tenant's channels and routes, each change with an entry of the audit record, which never holds a secret.</summary>
public sealed class ChannelBook(FinOpsDatabase database, ChannelCipher cipher, TimeProvider clock, IOptions<ChannelOptions> options)
{
    /// <param name="secrets">Of a webhook of one's own without a key one is made.</param>
    /// <returns>The channel, and its secrets as they are kept: the only time that a key which was made can be seen.</returns>
    /// <exception cref="TenancyException">It cannot be so, its name is taken, or there are too many.</exception>
    public Task<(RecordedChannel Row, ChannelSecrets Secrets)> AddAsync(TenantId tenant, Channel channel, ChannelSecrets secrets, Actor actor, CancellationToken cancellationToken)
    {
        var (wanted, kept) = Checked(channel, secrets);
        return database.RunAsync(tenant, async context =>
        {
            await LockAsync(context, tenant, cancellationToken);
            await RequireNameAsync(context, tenant, wanted, cancellationToken);
            if (await Channels(context, tenant).CountAsync(cancellationToken) >= options.Value.MaxChannels)
                throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {options.Value.MaxChannels:N0} channels ({ChannelOptions.Section}:{nameof(ChannelOptions.MaxChannels)}). Remove one first."));
            var row = new RecordedChannel
            {
                TenantId = tenant.Value,
                Id = wanted.Id,
                Name = wanted.Name,
                Definition = AlertJson.Write(wanted),
                Secrets = cipher.Protect(tenant, wanted.Id, kept),
                Shown = ShownOf(wanted, kept),
                Unsubscribed = [],
                Version = 1,
                ChangedAt = Now(),
                ChangedBy = NameOf(actor),
            };
            context.Add(row);
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.ChannelMade, row.Id.ToString(), row.Name) { After = new { Definition = wanted, row.Shown } }, cancellationToken);
            return (row, kept);
        }, cancellationToken);
    }

    /// <summary>Null: the tenant has no such channel.</summary>
    /// <param name="channel">Of the kind that it has.</param>
    /// <param name="secrets">What is empty stays as it is.</param>
    /// <param name="seen">The version that was looked at.</param>
    /// <exception cref="ChannelConflictException">There is a later version.</exception>
    /// <exception cref="TenancyException">It cannot be so, or its name is taken.</exception>
    public Task<RecordedChannel?> ChangeAsync(TenantId tenant, Channel channel, ChannelSecrets secrets, int seen, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Channels(context, tenant).SingleOrDefaultAsync(one => one.Id == channel.Id, cancellationToken) is not { } row) return null;
        RequireSeen(row.Name, row.Version, row.ChangedBy, seen);
        var before = row.ToChannel();
        if (before.Kind != channel.Kind) throw new TenancyException("A channel keeps its kind. Make another one instead.");
        var old = cipher.Open(row) ?? new ChannelSecrets();
        var (wanted, kept) = Checked(channel, new ChannelSecrets(Or(secrets.Address, old.Address), Or(secrets.Token, old.Token), Or(secrets.Key, old.Key)));
        await RequireNameAsync(context, tenant, wanted, cancellationToken);
        var was = row.Shown;
        (row.Name, row.Definition, row.Secrets, row.Shown, row.Version, row.ChangedAt, row.ChangedBy) =
            (wanted.Name, AlertJson.Write(wanted), cipher.Protect(tenant, row.Id, kept), ShownOf(wanted, kept), row.Version + 1, Now(), NameOf(actor));
        row.Unsubscribed = [.. row.Unsubscribed.Where(one => wanted.Recipients.Contains(one, StringComparer.OrdinalIgnoreCase))];
        await context.SaveChangesAsync(cancellationToken);
        var told = new AuditEntry(actor, AuditActs.ChannelChanged, row.Id.ToString(), row.Name)
        {
            Before = new { Definition = before, Shown = was },
            After = new { Definition = wanted, row.Shown, SecretsChanged = kept != old },
        };
        await AuditTrail.RecordAsync(context, told, cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>With its messages, those that wait, too, and its log. Routes and budgets that name it go on without it. Null: the tenant has no such channel.</summary>
    public Task<RecordedChannel?> RemoveAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Channels(context, tenant).SingleOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } row) return null;
        context.Remove(row);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.ChannelRemoved, row.Id.ToString(), row.Name) { Before = new { Definition = row.ToChannel(), row.Shown } }, cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>By name.</summary>
    public Task<IReadOnlyList<ChannelStanding>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<ChannelStanding>>(tenant, async context =>
    {
        var rows = await Channels(context, tenant).AsNoTracking().OrderBy(row => row.Name).Take(options.Value.MaxChannels).ToListAsync(cancellationToken);
        return await StandingsAsync(context, tenant, rows, cancellationToken);
    }, cancellationToken);

    /// <summary>Null: the tenant has no such channel.</summary>
    public Task<ChannelStanding?> FindAsync(TenantId tenant, Guid id, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var rows = await Channels(context, tenant).AsNoTracking().Where(row => row.Id == id).ToListAsync(cancellationToken);
        return (await StandingsAsync(context, tenant, rows, cancellationToken)).SingleOrDefault();
    }, cancellationToken);

    /// <summary>A recipient asked for no more mail of this channel; what waits for them is forgotten. Again changes nothing. False: there is no such channel or recipient (any more).</summary>
    public Task<bool> UnsubscribeAsync(TenantId tenant, Guid id, string recipient, string? address, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Channels(context, tenant).SingleOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } row) return false;
        if (row.ToChannel().Recipients.FirstOrDefault(one => string.Equals(one, recipient, StringComparison.OrdinalIgnoreCase)) is not { } known) return false;
        if (row.Unsubscribed.Contains(known, StringComparer.OrdinalIgnoreCase)) return true;
        row.Unsubscribed = [.. row.Unsubscribed, known];
        await context.SaveChangesAsync(cancellationToken);
        await context.Set<ChannelMessage>().Where(one => one.TenantId == tenant.Value && one.ChannelId == id && one.Recipient == known && one.State == MessageState.Waiting).ExecuteDeleteAsync(cancellationToken);
        var actor = new Actor(ActorKind.User, known, known, address);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.ChannelUnsubscribed, row.Id.ToString(), row.Name) { After = new { Recipient = known } }, cancellationToken);
        return true;
    }, cancellationToken);

    /// <exception cref="TenancyException">It cannot be so, its name is taken, a channel is not the organisation's, or there are too many.</exception>
    public Task<RecordedRoute> AddRouteAsync(TenantId tenant, AlertRoute route, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        var wanted = await CheckedAsync(context, tenant, route, cancellationToken);
        if (await Routes(context, tenant).CountAsync(cancellationToken) >= options.Value.MaxRoutes)
            throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {options.Value.MaxRoutes:N0} routes ({ChannelOptions.Section}:{nameof(ChannelOptions.MaxRoutes)}). Remove one first."));
        var row = new RecordedRoute { TenantId = tenant.Value, Id = wanted.Id, Name = wanted.Name, Definition = AlertJson.Write(wanted), Version = 1, ChangedAt = Now(), ChangedBy = NameOf(actor) };
        context.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.RouteMade, row.Id.ToString(), row.Name) { After = wanted }, cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>Null: the tenant has no such route.</summary>
    /// <exception cref="ChannelConflictException">There is a later version.</exception>
    /// <exception cref="TenancyException">It cannot be so, its name is taken, or a channel is not the organisation's.</exception>
    public Task<RecordedRoute?> ChangeRouteAsync(TenantId tenant, AlertRoute route, int seen, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Routes(context, tenant).SingleOrDefaultAsync(one => one.Id == route.Id, cancellationToken) is not { } row) return null;
        RequireSeen(row.Name, row.Version, row.ChangedBy, seen);
        var (before, wanted) = (row.ToRoute(), await CheckedAsync(context, tenant, route, cancellationToken));
        (row.Name, row.Definition, row.Version, row.ChangedAt, row.ChangedBy) = (wanted.Name, AlertJson.Write(wanted), row.Version + 1, Now(), NameOf(actor));
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.RouteChanged, row.Id.ToString(), row.Name) { Before = before, After = wanted }, cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>Null: the tenant has no such route.</summary>
    public Task<RecordedRoute?> RemoveRouteAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        if (await Routes(context, tenant).SingleOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } row) return null;
        context.Remove(row);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.RouteRemoved, row.Id.ToString(), row.Name) { Before = row.ToRoute() }, cancellationToken);
        return row;
    }, cancellationToken);

    /// <summary>By name.</summary>
    public Task<IReadOnlyList<RecordedRoute>> RoutesAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<RecordedRoute>>(tenant, async context =>
        await Routes(context, tenant).AsNoTracking().OrderBy(row => row.Name).Take(options.Value.MaxRoutes).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>For budgets and routes, which name channels.</summary>
    /// <exception cref="TenancyException">A channel is not the organisation's.</exception>
    internal static async Task RequireOwnAsync(FinOpsDbContext context, TenantId tenant, IReadOnlyList<Guid> channels, CancellationToken cancellationToken)
    {
        if (channels.Except(await OwnAsync(context, tenant, channels, cancellationToken)).ToList() is [var unknown, ..]) throw new TenancyException($"There is no channel {unknown}.");
    }

    /// <summary>Those that are there.</summary>
    internal static async Task<IReadOnlyList<Guid>> OwnAsync(FinOpsDbContext context, TenantId tenant, IReadOnlyList<Guid> channels, CancellationToken cancellationToken)
    {
        if (channels.Count == 0) return [];
        var known = await Channels(context, tenant).Where(row => channels.Contains(row.Id)).Select(row => row.Id).ToListAsync(cancellationToken);
        return [.. channels.Where(known.Contains)];
    }

    private async Task<AlertRoute> CheckedAsync(FinOpsDbContext context, TenantId tenant, AlertRoute route, CancellationToken cancellationToken)
    {
        var wanted = route with { Name = route.Name.Trim(), Scope = route.Scope.Normalised(), Kinds = [.. route.Kinds.Distinct().Order()] };
        if (wanted.FindProblem() is { } problem) throw new TenancyException(problem);
        await RequireOwnAsync(context, tenant, wanted.Channels, cancellationToken);
        if (await Routes(context, tenant).AnyAsync(row => row.Name == wanted.Name && row.Id != wanted.Id, cancellationToken))
            throw new TenancyException($"Another route is called \"{wanted.Name}\" already. Choose another name.");
        return wanted;
    }

    private (Channel Channel, ChannelSecrets Secrets) Checked(Channel channel, ChannelSecrets secrets)
    {
        var wanted = channel with { Name = channel.Name.Trim(), SlackChannel = channel.SlackChannel.Trim(), Recipients = [.. channel.Recipients.Select(one => one.Trim().ToLowerInvariant())] };
        var given = new ChannelSecrets(secrets.Address.Trim(), secrets.Token.Trim(), secrets.Key.Trim());
        if (wanted.FindProblem() is { } problem) throw new TenancyException(problem);
        if (given.Address.Length > ChannelSecrets.MaxLength || given.Token.Length > ChannelSecrets.MaxLength || given.Key.Length > ChannelSecrets.MaxLength)
            throw new TenancyException($"Address, token and key have at most {ChannelSecrets.MaxLength:0} characters each.");
        switch (wanted.Kind)
        {
            case ChannelKind.SlackWebhook or ChannelKind.Webhook:
                if (options.Value.FindProblem(given.Address) is { } wrong) throw new TenancyException(wrong);
                return (wanted, new ChannelSecrets(given.Address, "", wanted.Kind == ChannelKind.SlackWebhook ? "" : given.Key.Length > 0 ? given.Key : ChannelSecrets.NewKey()));
            case ChannelKind.SlackApp:
                if (given.Token.Length == 0 || given.Key.Length == 0) throw new TenancyException("An app of Slack needs its bot's token (xoxb-…) and its signing secret.");
                return (wanted, new ChannelSecrets("", given.Token, given.Key));
            default:
                return (wanted, new ChannelSecrets());
        }
    }

    /// <summary>Of a webhook the host alone: the path may be what lets somebody write.</summary>
    private static string ShownOf(Channel channel, ChannelSecrets secrets)
    {
        var shown = channel.Kind switch
        {
            ChannelKind.Email => channel.Recipients is [var only] ? only : string.Create(CultureInfo.InvariantCulture, $"{channel.Recipients.Count} recipients"),
            ChannelKind.SlackApp => channel.SlackChannel,
            _ => new Uri(secrets.Address).Authority,
        };
        return MessageOutbox.Cut(shown, ChannelConfiguration.MaxShown);
    }

    private static async Task<IReadOnlyList<ChannelStanding>> StandingsAsync(FinOpsDbContext context, TenantId tenant, List<RecordedChannel> rows, CancellationToken cancellationToken)
    {
        Guid[] ids = [.. rows.Select(row => row.Id)];
        var last = await context.Set<ChannelAttempt>().FromSql($"""
            SELECT latest.* FROM unnest({ids}) AS wanted (id)
            CROSS JOIN LATERAL (SELECT * FROM finops.channel_attempts WHERE tenant_id = {tenant.Value} AND channel_id = wanted.id ORDER BY at DESC, id DESC LIMIT 1) AS latest
            """).AsNoTracking().ToDictionaryAsync(row => row.ChannelId, cancellationToken);
        var counts = await context.Set<ChannelMessage>().AsNoTracking().Where(row => row.TenantId == tenant.Value && ids.Contains(row.ChannelId) && row.State != MessageState.Sent)
            .GroupBy(row => new { row.ChannelId, row.State }).Select(group => new { group.Key.ChannelId, group.Key.State, Count = group.Count() }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new ChannelStanding(row, row.ToChannel(), last.GetValueOrDefault(row.Id), Of(row.Id, MessageState.Waiting), Of(row.Id, MessageState.Dead)))];

        int Of(Guid channel, MessageState state) => counts.Where(count => count.ChannelId == channel && count.State == state).Sum(count => count.Count);
    }

    private static void RequireSeen(string name, int version, string by, int seen)
    {
        if (version != seen)
            throw new ChannelConflictException(string.Create(CultureInfo.InvariantCulture, $"{by} changed \"{name}\" meanwhile: it is at version {version}, and you have seen {seen}. Look at it again; nothing was saved."));
    }

    private static async Task RequireNameAsync(FinOpsDbContext context, TenantId tenant, Channel channel, CancellationToken cancellationToken)
    {
        if (await Channels(context, tenant).AnyAsync(row => row.Name == channel.Name && row.Id != channel.Id, cancellationToken))
            throw new TenancyException($"Another channel is called \"{channel.Name}\" already. Choose another name.");
    }

    /// <summary>One change at a time, so that states before and after follow on one another.</summary>
    private static Task LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"channels of " + tenant}, 0))", cancellationToken);

    private static string Or(string given, string kept) => given.Trim().Length > 0 ? given : kept;

    private static IQueryable<RecordedChannel> Channels(FinOpsDbContext context, TenantId tenant) => context.Set<RecordedChannel>().Where(row => row.TenantId == tenant.Value);

    private static IQueryable<RecordedRoute> Routes(FinOpsDbContext context, TenantId tenant) => context.Set<RecordedRoute>().Where(row => row.TenantId == tenant.Value);

    private static string NameOf(Actor actor) => MessageOutbox.Cut(actor.Name, ChannelConfiguration.MaxAuthor);

    /// <summary>To the microsecond, as PostgreSQL keeps it.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
