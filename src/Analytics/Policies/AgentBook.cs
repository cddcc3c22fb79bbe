using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NpgsqlTypes;

namespace FinOps.Analytics.Policies;

/// <summary>A token with which an agent can enrol: the only time that it can be read.</summary>
public sealed record MadeEnrolment(Guid Id, string Name, DateTimeOffset ExpiresAt, string Token);

/// <summary>What an agent gets once: who it is, and its key.</summary>
public sealed record EnrolledAgent(Guid Id, string Name, TenantId Tenant, ProjectId Project, string Key);

/// <summary>Gateways at the edge: tokens, enrolment, what they say, and the end of them.</summary>
public sealed class AgentBook(FinOpsDatabase database, AccessKeys keys, TimeProvider clock, IOptions<PolicyOptions> options, ILogger<AgentBook> logger)
{
    /// <summary>Characters of an agent's name. Default 100.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Revoked agents that the list shows, the latest of them. Default 100.</summary>
    private const int MaxRevoked = 100;

    private const string TokenPrefix = "fin_en_";
    private const int TokenBytes = 32;

    /// <summary>After how long without a word an agent counts as away: three heartbeats.</summary>
    public static readonly TimeSpan AwayAfter = TimeSpan.FromSeconds(3 * AgentControl.HeartbeatSeconds);

    /// <summary>Makes a one-time token for an agent of this name.</summary>
    /// <exception cref="TenancyException">The name is taken or wrong, there is no such project, or there are too many.</exception>
    public Task<MadeEnrolment> InviteAsync(TenantId tenant, string name, ProjectId project, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var called = name.Trim();
        if (called.Length is 0 or > MaxNameLength || called.Any(char.IsControl)) throw new TenancyException($"An agent's name has 1 to {MaxNameLength} characters.");
        await LockAsync(context, tenant, cancellationToken);
        var now = clock.GetUtcNow();
        if (await Live(context, tenant).AnyAsync(row => row.Name == called, cancellationToken)) throw new TenancyException($"There is already an agent called {called}. Revoke it first, or choose another name.");
        var open = Open(context, tenant, now);
        if (await open.CountAsync(cancellationToken) >= options.Value.MaxAgents || await Live(context, tenant).CountAsync(cancellationToken) >= options.Value.MaxAgents)
            throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {options.Value.MaxAgents:N0} agents, and as many open tokens. Revoke some first."));
        if (!await context.Projects.AnyAsync(row => row.TenantId == tenant.Value && row.Id == project.Value, cancellationToken)) throw new TenancyException("There is no such project in this organisation.");
        // A new token for a name takes the place of the one before.
        await open.Where(row => row.Name == called).ExecuteUpdateAsync(row => row.SetProperty(one => one.RevokedAt, now), cancellationToken);
        var token = TokenPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var made = new AgentEnrolment
        {
            TenantId = tenant.Value,
            Id = Guid.CreateVersion7(now),
            Name = called,
            ProjectId = project.Value,
            Sha256 = AccessKeyToken.Hash(token),
            MadeAt = now,
            MadeBy = NameOf(actor),
            ExpiresAt = now.AddHours(options.Value.TokenHours),
        };
        context.Add(made);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.AgentInvited, made.Id.ToString(), called) { After = new { Name = called, made.ExpiresAt, Project = made.ProjectId } }, cancellationToken);
        return new MadeEnrolment(made.Id, called, made.ExpiresAt, token);
    }, cancellationToken);

    /// <summary>Makes the agent and its key, once for each token. Null: the token is unknown, used, revoked or expired; which, is not told.</summary>
    /// <exception cref="TenancyException">The organisation cannot have another agent or key.</exception>
    public async Task<EnrolledAgent?> EnrolAsync(EnrolRequest request, string? address, CancellationToken cancellationToken)
    {
        if (!request.Token.StartsWith(TokenPrefix, StringComparison.Ordinal) || !AccessKeyToken.IsWellFormed(request.Token)) return null;
        if (await FindAsync(AccessKeyToken.Hash(request.Token), cancellationToken) is not var (tenant, id)) return null;
        return await database.RunAsync(tenant, async context =>
        {
            var now = clock.GetUtcNow();
            await LockAsync(context, tenant, cancellationToken);
            var used = await context.Set<AgentEnrolment>().Where(row => row.TenantId == tenant.Value && row.Id == id && row.UsedAt == null && row.RevokedAt == null && row.ExpiresAt > now)
                .ExecuteUpdateAsync(row => row.SetProperty(one => one.UsedAt, now), cancellationToken);
            if (used == 0) return null;
            var enrolment = await context.Set<AgentEnrolment>().AsNoTracking().SingleAsync(row => row.TenantId == tenant.Value && row.Id == id, cancellationToken);
            if (await Live(context, tenant).AnyAsync(row => row.Name == enrolment.Name, cancellationToken)) throw new TenancyException($"There is already an agent called {enrolment.Name}.");
            if (await Live(context, tenant).CountAsync(cancellationToken) >= options.Value.MaxAgents) throw new TenancyException("The organisation has too many agents.");
            var agentId = Guid.CreateVersion7(now);
            var actor = new Actor(ActorKind.Job, "agent", enrolment.Name, address);
            var key = await keys.CreateWithinAsync(context, tenant, new NewAccessKey(new ProjectId(enrolment.ProjectId), KeyKind.Agent, $"agent {enrolment.Name} {agentId.ToString()[^8..]}"), actor, cancellationToken);
            context.Add(new RecordedAgent
            {
                TenantId = tenant.Value,
                Id = agentId,
                Name = enrolment.Name,
                KeyId = key.Id,
                EnrolledAt = now,
                EnrolledBy = enrolment.MadeBy,
                Software = Cut(request.Software),
                Host = Cut(request.Host),
                LastSeenAt = now,
                HeldVersion = 0,
                Calls = 0,
                WaitingSpans = 0,
                LostSpans = 0,
            });
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(
                context, new AuditEntry(actor, AuditActs.AgentEnrolled, agentId.ToString(), enrolment.Name) { After = new { enrolment.Name, Key = key.Id, Software = Cut(request.Software), Host = Cut(request.Host) } }, cancellationToken);
            return new EnrolledAgent(agentId, enrolment.Name, tenant, new ProjectId(enrolment.ProjectId), key.Token);
        }, cancellationToken);
    }

    /// <summary>Notes that an agent lives. False: the key is no agent's, or the agent is revoked.</summary>
    public Task<bool> HearAsync(TenantId tenant, Guid keyId, Heartbeat heartbeat, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var (now, software) = (clock.GetUtcNow(), Cut(heartbeat.Software));
        if (await OfKey(context, tenant, keyId).ExecuteUpdateAsync(row => row
            .SetProperty(one => one.LastSeenAt, now)
            .SetProperty(one => one.HeldVersion, heartbeat.Version)
            .SetProperty(one => one.Software, software)
            .SetProperty(one => one.Calls, heartbeat.Calls)
            .SetProperty(one => one.WaitingSpans, heartbeat.WaitingSpans)
            .SetProperty(one => one.LostSpans, heartbeat.LostSpans), cancellationToken) != 1) return false;
        // It was told that it is away, or the word that it took a later bundle was lost on the way.
        if (await OfKey(context, tenant, keyId).SingleOrDefaultAsync(row => row.ToldAwayAt != null || (row.RefusedVersion > 0 && row.RefusedVersion < heartbeat.Version), cancellationToken) is not { } agent) return true;
        List<string> over = agent.ToldAwayAt is null ? [] : [AgentAlerts.AwayGroup(agent.Id)];
        agent.ToldAwayAt = null;
        if (agent.RefusedVersion > 0 && agent.RefusedVersion < heartbeat.Version)
        {
            (agent.RefusedVersion, agent.Refusal, agent.RefusalDetail) = (null, null, null);
            over.Add(AgentAlerts.RefusedGroup(agent.Id));
        }

        await context.SaveChangesAsync(cancellationToken);
        await RaiseAlerts.ResolveAsync(context, over, now, agent.Name, cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>Notes what became of a bundle. False: the key is no agent's, or the agent is revoked.</summary>
    public Task<bool> AcknowledgeAsync(TenantId tenant, Guid keyId, Acknowledgement told, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        if (await OfKey(context, tenant, keyId).SingleOrDefaultAsync(cancellationToken) is not { } agent) return false;
        var now = clock.GetUtcNow();
        if (agent.ToldAwayAt is not null) await RaiseAlerts.ResolveAsync(context, [AgentAlerts.AwayGroup(agent.Id)], now, agent.Name, cancellationToken);
        (agent.LastSeenAt, agent.ToldAwayAt) = (now, null);
        var actor = Actor.OfKey(keyId, agent.Name);
        if (told.Refusal == PolicyWords.Refusals[BundleRefusal.None])
        {
            (agent.HeldVersion, agent.RefusedVersion, agent.Refusal, agent.RefusalDetail) = (told.Version, null, null, null);
            await context.SaveChangesAsync(cancellationToken);
            await RaiseAlerts.ResolveAsync(context, [AgentAlerts.RefusedGroup(agent.Id)], now, agent.Name, cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.BundleApplied, agent.Id.ToString(), agent.Name) { After = new { told.Version } }, cancellationToken);
            return true;
        }

        var detail = string.Join('\n', told.Errors);
        // Told again and again, it is one refusal.
        var isNew = agent.RefusedVersion != told.Version || agent.Refusal != told.Refusal;
        (agent.RefusedVersion, agent.Refusal) = (told.Version, told.Refusal);
        agent.RefusalDetail = detail.Length > PolicyConfiguration.MaxDetail ? detail[..PolicyConfiguration.MaxDetail] : detail;
        await context.SaveChangesAsync(cancellationToken);
        if (!isNew) return true;
        await RaiseAlerts.RaiseAsync(context, [AgentAlerts.Refused(agent.Id, agent.Name, agent.HeldVersion, told, now)], agent.Name, cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.BundleRefused, agent.Id.ToString(), agent.Name) { After = new { told.Version, told.Refusal, Detail = agent.RefusalDetail } }, cancellationToken);
        Log.Refused(logger, tenant, agent.Id, told.Version, told.Refusal);
        return true;
    }, cancellationToken);

    /// <summary>Whether the key belongs to an agent that is not revoked.</summary>
    public Task<bool> IsAgentAsync(TenantId tenant, Guid keyId, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, context => OfKey(context, tenant, keyId).AnyAsync(cancellationToken), cancellationToken);

    /// <summary>Live ones by name, then revoked ones, the latest first.</summary>
    public Task<IReadOnlyList<RecordedAgent>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<RecordedAgent>>(tenant, async context =>
    [
        .. await Live(context, tenant).AsNoTracking().OrderBy(row => row.Name).ToListAsync(cancellationToken),
        .. await context.Set<RecordedAgent>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.RevokedAt != null).OrderByDescending(row => row.RevokedAt).Take(MaxRevoked).ToListAsync(cancellationToken),
    ], cancellationToken);

    /// <summary>Its key opens nothing any more, here and at the front door; it goes on with what it holds until somebody stops it. False: the tenant has no such live agent.</summary>
    public async Task<bool> RevokeAsync(TenantId tenant, Guid id, Actor actor, CancellationToken cancellationToken)
    {
        if (await database.RunAsync(tenant, context => Live(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken), cancellationToken) is not { } agent) return false;
        // The key first: if the second step is interrupted, the agent is still listed, and can be revoked again.
        await keys.RevokeAsync(tenant, agent.KeyId, actor, $"The agent {agent.Name} was revoked.", cancellationToken);
        return await database.RunAsync(tenant, async context =>
        {
            var (now, by) = (clock.GetUtcNow(), NameOf(actor));
            if (await Live(context, tenant).Where(row => row.Id == id).ExecuteUpdateAsync(row => row.SetProperty(one => one.RevokedAt, now).SetProperty(one => one.RevokedBy, by), cancellationToken) == 0) return false;
            await RaiseAlerts.ResolveAsync(context, [AgentAlerts.RefusedGroup(id), AgentAlerts.AwayGroup(id)], now, by, cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.AgentRevoked, id.ToString(), agent.Name), cancellationToken);
            return true;
        }, cancellationToken);
    }

    private static IQueryable<RecordedAgent> Live(FinOpsDbContext context, TenantId tenant) => context.Set<RecordedAgent>().Where(row => row.TenantId == tenant.Value && row.RevokedAt == null);

    /// <summary>The live agent with this key, or none.</summary>
    internal static IQueryable<RecordedAgent> OfKey(FinOpsDbContext context, TenantId tenant, Guid keyId) => Live(context, tenant)
        .Where(row => row.KeyId == keyId && context.AccessKeys.Any(key => key.Id == keyId && key.RevokedAt == null));

    private static IQueryable<AgentEnrolment> Open(FinOpsDbContext context, TenantId tenant, DateTimeOffset now) =>
        context.Set<AgentEnrolment>().Where(row => row.TenantId == tenant.Value && row.UsedAt == null && row.RevokedAt == null && row.ExpiresAt > now);

    private static Task<int> LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"agents of " + tenant}, 0))", cancellationToken);

    /// <summary>The token is what tells the tenant.</summary>
    private async Task<(TenantId Tenant, Guid Id)?> FindAsync(byte[] sha256, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay("SELECT tenant_id, id FROM finops.find_agent_enrolment($1)");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = sha256, NpgsqlDbType = NpgsqlDbType.Bytea });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (new TenantId(row.GetGuid(0)), row.GetGuid(1)) : null;
    }

    private static string Cut(string text)
    {
        var shown = string.Concat(text.Where(c => !char.IsControl(c)));
        return shown.Length > AgentControl.MaxTextLength ? shown[..AgentControl.MaxTextLength] : shown;
    }

    private static string NameOf(Actor actor) => actor.Name.Length > PolicyConfiguration.MaxAuthor ? actor.Name[..PolicyConfiguration.MaxAuthor] : actor.Name;
}
