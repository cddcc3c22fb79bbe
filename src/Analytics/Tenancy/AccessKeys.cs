using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace FinOps.Analytics.Tenancy;

/// <summary>A key that was just made. The only time that its token can be read.</summary>
public sealed record CreatedAccessKey(Guid Id, string Token);

/// <summary>A key to be made.</summary>
public sealed record NewAccessKey(ProjectId Project, KeyKind Kind, string Name)
{
    public IReadOnlyDictionary<Tag, string> BoundTags { get; init; } = new Dictionary<Tag, string>();

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A key as its list shows it.</summary>
public sealed record AccessKeyRow(
    Guid Id, Guid ProjectId, string ProjectName, KeyKind Kind, string Name, string Prefix, IReadOnlyDictionary<Tag, string> BoundTags,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt);

/// <summary>Makes, lists, revokes and finds keys.</summary>
public sealed class AccessKeys(FinOpsDatabase database, TimeProvider clock) : IKeyDirectory
{
    private static readonly Dictionary<Tag, string> NoTags = [];

    /// <summary>A limit for lists and for people: a tenant with more live keys than this should be told so.</summary>
    public const int MaxKeysPerTenant = 1000;

    public async Task<CreatedAccessKey> CreateAsync(TenantId tenant, NewAccessKey wanted, Actor actor, CancellationToken cancellationToken = default)
    {
        var token = AccessKeyToken.Create(wanted.Kind);
        return await database.RunAsync(tenant, async context =>
        {
            if (await context.AccessKeys.CountAsync(key => key.TenantId == tenant.Value, cancellationToken) >= MaxKeysPerTenant)
                throw new TenancyException($"A tenant may have at most {MaxKeysPerTenant} keys.");
            var key = await AddAsync(context, tenant, wanted, token, actor, cancellationToken);
            return new CreatedAccessKey(key.Id, token);
        }, cancellationToken);
    }

    /// <summary>Makes sure that exactly this token is a live key of this project. Called again it changes nothing; a token that belongs elsewhere is refused.</summary>
    public async Task EnsureVerbatimAsync(TenantId tenant, NewAccessKey wanted, string token, Actor actor, CancellationToken cancellationToken)
    {
        if (!AccessKeyToken.IsWellFormed(token))
            throw new TenancyException($"A key must have {AccessKeyToken.MinLength} to {AccessKeyToken.MaxLength} characters of [A-Za-z0-9_-].");
        if (await FindAnyAsync(AccessKeyToken.Hash(token), cancellationToken) is var (present, prefix))
        {
            if (present.Tenant != tenant || present.Kind != wanted.Kind)
                throw new TenancyException($"The key {prefix}… already exists for another tenant or for another use.");
            return;
        }

        await database.RunAsync(tenant, context => AddAsync(context, tenant, wanted, token, actor, cancellationToken), cancellationToken);
    }

    /// <summary>Newest first, revoked ones included: people ask what a key was.</summary>
    public async Task<IReadOnlyList<AccessKeyRow>> ListAsync(TenantId tenant, CancellationToken cancellationToken = default) =>
        await database.RunAsync(tenant, context => context.AccessKeys.AsNoTracking()
            .Where(key => key.TenantId == tenant.Value)
            .Join(context.Projects.Where(project => project.TenantId == tenant.Value), key => key.ProjectId, project => project.Id, (key, project) => new { key, project })
            .OrderByDescending(row => row.key.CreatedAt).ThenBy(row => row.key.Id)
            .Take(MaxKeysPerTenant)
            .Select(row => new AccessKeyRow(
                row.key.Id, row.key.ProjectId, row.project.Name, row.key.Kind, row.key.Name, row.key.Prefix, row.key.BoundTags,
                row.key.CreatedAt, row.key.CreatedBy, row.key.ExpiresAt, row.key.RevokedAt, row.key.LastUsedAt))
            .ToListAsync(cancellationToken), cancellationToken);

    /// <summary>False when the tenant has no such live key.</summary>
    public async Task<bool> RevokeAsync(TenantId tenant, Guid keyId, Actor actor, string? why = null, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        return await database.RunAsync(tenant, async context =>
        {
            var key = await context.AccessKeys.SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == keyId && row.RevokedAt == null, cancellationToken);
            if (key is null) return false;
            var before = State(key);
            key.RevokedAt = now;
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.KeyRevoked, key.Id.ToString(), key.Name) { Before = before, After = State(key), Why = why }, cancellationToken);
            return true;
        }, cancellationToken);
    }

    /// <summary>The one look-up that names no tenant: the key is what tells the tenant. By hash, so its time says nothing about the token.</summary>
    public async ValueTask<KeyRecord?> FindAsync(ReadOnlyMemory<byte> tokenSha256, CancellationToken cancellationToken) =>
        await FindAnyAsync(tokenSha256.ToArray(), cancellationToken) is var (record, _) ? record : null;

    /// <summary>One statement for the whole batch; an older use never overwrites a newer one. Key ids are unique over all tenants.</summary>
    public async ValueTask RecordUseAsync(IReadOnlyCollection<KeyUse> uses, CancellationToken cancellationToken)
    {
        if (uses.Count == 0) return;
        await using var command = database.CreateWay("SELECT finops.record_key_use($1, $2)");
        command.Parameters.Add(new NpgsqlParameter { Value = uses.Select(use => use.KeyId).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = uses.Select(use => use.UsedAt.UtcDateTime).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<(KeyRecord Record, string Prefix)?> FindAnyAsync(byte[] tokenSha256, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(
            "SELECT id, kind, tenant_id, project_id, bound_tags, hash_key, expires_at, revoked_at, prefix, suspended FROM finops.find_access_key($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = tokenSha256, NpgsqlDbType = NpgsqlDbType.Bytea });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        var tags = JsonSerializer.Deserialize<Dictionary<Tag, string>>(row.GetString(4), JsonSerializerOptions.Default) ?? NoTags;
        var record = new KeyRecord(
            row.GetGuid(0), Enum.Parse<KeyKind>(row.GetString(1)), new TenantId(row.GetGuid(2)), new ProjectId(row.GetGuid(3)), new BoundTags(tags),
            row.GetFieldValue<byte[]>(5), Instant(row, 6), Instant(row, 7));
        return (record with { IsSuspended = row.GetBoolean(9) }, row.GetString(8));
    }

    private static DateTimeOffset? Instant(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private async Task<AccessKey> AddAsync(
        FinOpsDbContext context, TenantId tenant, NewAccessKey wanted, string token, Actor actor, CancellationToken cancellationToken)
    {
        var key = new AccessKey
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            TenantId = tenant.Value,
            ProjectId = wanted.Project.Value,
            Kind = wanted.Kind,
            Name = wanted.Name,
            Prefix = token[..AccessKey.PrefixLength],
            Sha256 = AccessKeyToken.Hash(token),
            BoundTags = wanted.BoundTags,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = actor.Name,
            ExpiresAt = wanted.ExpiresAt,
        };
        context.AccessKeys.Add(key);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.KeyCreated, key.Id.ToString(), key.Name) { After = State(key) }, cancellationToken);
        return key;
    }

    /// <summary>What the audit record keeps of a key: nothing that could be used in its place.</summary>
    private static object State(AccessKey key) =>
        new { key.Kind, key.Name, key.Prefix, Project = key.ProjectId, key.BoundTags, key.ExpiresAt, key.RevokedAt };
}
