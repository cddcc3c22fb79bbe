using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Tenancy;

/// <summary>A key that was just made. The only time that its token can be read.</summary>
public sealed record CreatedAccessKey(Guid Id, string Token);

/// <summary>A key as its list shows it.</summary>
public sealed record AccessKeyRow(
    Guid Id, Guid ProjectId, string ProjectName, KeyKind Kind, string Name, string Prefix, IReadOnlyDictionary<Tag, string> BoundTags,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt);

/// <summary>Makes, lists, revokes and finds keys.</summary>
public sealed class AccessKeys(IDbContextFactory<FinOpsDbContext> contexts, TimeProvider clock) : IKeyDirectory
{
    private static readonly Dictionary<Tag, string> NoTags = [];

    /// <summary>A limit for lists and for people: a tenant with more live keys than this should be told so.</summary>
    public const int MaxKeysPerTenant = 1000;

    public async Task<CreatedAccessKey> CreateAsync(
        TenantId tenant, ProjectId project, KeyKind kind, string name, string createdBy,
        IReadOnlyDictionary<Tag, string>? boundTags = null, DateTimeOffset? expiresAt = null, CancellationToken cancellationToken = default)
    {
        var token = AccessKeyToken.Create(kind);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.AccessKeys.CountAsync(key => key.TenantId == tenant.Value, cancellationToken) >= MaxKeysPerTenant)
            throw new TenancyException($"A tenant may have at most {MaxKeysPerTenant} keys.");
        var key = Row(tenant, project, kind, name, token, createdBy, boundTags, expiresAt);
        context.AccessKeys.Add(key);
        await context.SaveChangesAsync(cancellationToken);
        return new CreatedAccessKey(key.Id, token);
    }

    /// <summary>Makes sure that exactly this token is a live key of this project. Called again it changes nothing; a token that belongs elsewhere is refused.</summary>
    public async Task EnsureVerbatimAsync(
        TenantId tenant, ProjectId project, KeyKind kind, string name, string token, string createdBy, CancellationToken cancellationToken)
    {
        if (!AccessKeyToken.IsWellFormed(token))
            throw new TenancyException($"A key must have {AccessKeyToken.MinLength} to {AccessKeyToken.MaxLength} characters of [A-Za-z0-9_-].");
        var hash = AccessKeyToken.Hash(token);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var present = await context.AccessKeys.AsNoTracking().SingleOrDefaultAsync(key => key.Sha256 == hash, cancellationToken);
        if (present is not null)
        {
            if (present.TenantId != tenant.Value || present.Kind != kind)
                throw new TenancyException($"The key {present.Prefix}… already exists for another tenant or for another use.");
            return;
        }

        context.AccessKeys.Add(Row(tenant, project, kind, name, token, createdBy, boundTags: null, expiresAt: null));
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Newest first, revoked ones included: people ask what a key was.</summary>
    public async Task<IReadOnlyList<AccessKeyRow>> ListAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.AccessKeys.AsNoTracking()
            .Where(key => key.TenantId == tenant.Value)
            .Join(context.Projects.Where(project => project.TenantId == tenant.Value), key => key.ProjectId, project => project.Id, (key, project) => new { key, project })
            .OrderByDescending(row => row.key.CreatedAt).ThenBy(row => row.key.Id)
            .Take(MaxKeysPerTenant)
            .Select(row => new AccessKeyRow(
                row.key.Id, row.key.ProjectId, row.project.Name, row.key.Kind, row.key.Name, row.key.Prefix, row.key.BoundTags,
                row.key.CreatedAt, row.key.CreatedBy, row.key.ExpiresAt, row.key.RevokedAt, row.key.LastUsedAt))
            .ToListAsync(cancellationToken);
    }

    /// <summary>False when the tenant has no such live key.</summary>
    public async Task<bool> RevokeAsync(TenantId tenant, Guid keyId, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.AccessKeys
            .Where(key => key.TenantId == tenant.Value && key.Id == keyId && key.RevokedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(key => key.RevokedAt, now), cancellationToken) == 1;
    }

    /// <summary>The one look-up that names no tenant: the key is what tells the tenant. By hash, so its time says nothing about the token.</summary>
    public async ValueTask<KeyRecord?> FindAsync(ReadOnlyMemory<byte> tokenSha256, CancellationToken cancellationToken)
    {
        var hash = tokenSha256.ToArray();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.AccessKeys.AsNoTracking()
            .Where(key => key.Sha256 == hash)
            .Join(context.Tenants, key => key.TenantId, tenant => tenant.Id, (key, tenant) => new { key, tenant.HashKey })
            .SingleOrDefaultAsync(cancellationToken);
        return found is null ? null : new KeyRecord(
            found.key.Id, found.key.Kind, new TenantId(found.key.TenantId), new ProjectId(found.key.ProjectId),
            new BoundTags(found.key.BoundTags), found.HashKey, found.key.ExpiresAt, found.key.RevokedAt);
    }

    /// <summary>One statement for the whole batch; an older use never overwrites a newer one. Key ids are unique over all tenants.</summary>
    public async ValueTask RecordUseAsync(IReadOnlyCollection<KeyUse> uses, CancellationToken cancellationToken)
    {
        if (uses.Count == 0) return;
        var ids = uses.Select(use => use.KeyId).ToArray();
        var times = uses.Select(use => use.UsedAt.UtcDateTime).ToArray();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Database.ExecuteSqlAsync($"""
            UPDATE finops.access_keys AS k
            SET last_used_at = greatest(k.last_used_at, u.used_at)
            FROM unnest({ids}, {times}) AS u(id, used_at)
            WHERE k.id = u.id
            """, cancellationToken);
    }

    private AccessKey Row(
        TenantId tenant, ProjectId project, KeyKind kind, string name, string token, string createdBy,
        IReadOnlyDictionary<Tag, string>? boundTags, DateTimeOffset? expiresAt) => new()
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            TenantId = tenant.Value,
            ProjectId = project.Value,
            Kind = kind,
            Name = name,
            Prefix = token[..AccessKey.PrefixLength],
            Sha256 = AccessKeyToken.Hash(token),
            BoundTags = boundTags ?? NoTags,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = createdBy,
            ExpiresAt = expiresAt,
        };
}
